/** The annotations by which a program steers the provider, object by object. */
export const annotations = {
  /** Set by the provider: the name was made by it. */
  autonamed: "pulumi.com/autonamed",
  /** "true": do not wait until the object is ready (or, of workloads and namespaces, gone). */
  skipAwait: "pulumi.com/skipAwait",
  /** "jsonpath={.status.phase}=Running", "condition=Ready", or a JSON list of such: wait for these instead. */
  waitFor: "pulumi.com/waitFor",
  /** How long to wait; customTimeouts go before it. */
  timeoutSeconds: "pulumi.com/timeoutSeconds",
  /** "true": take fields over from other managers. */
  patchForce: "pulumi.com/patchForce",
  /** The name under which fields are managed. */
  patchFieldManager: "pulumi.com/patchFieldManager",
  /** "foreground" (default), "background" or "orphan". */
  deletionPropagation: "pulumi.com/deletionPropagationPolicy",
} as const;
