/** One stack as the workstation sees it: its folders, environment, passphrase, outputs, kubeconfig and dashboard. */
export * from "./access";
export * from "./context";
export * from "./deployment";
export * from "./environment";
export * from "./hints";
export * from "./kubeconfig";
export * from "./kubectl";
export * from "./living";
export * from "./lock";
export * from "./outputs";
export * from "./passphrase";
export * from "./salt";
export * from "./seal";
export * from "./ssh";
export * from "./stats";
export * from "./survey";
