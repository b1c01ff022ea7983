/** Engines with programs for the kubernetes provider. */
import { Engine } from "./engine";

/**
 * Engine with the kubernetes provider and `others`. Its programs get `k8s`, `provider`, `options` ({provider}), and
 * `metadata(name)` with a namespace.
 */
export class KubernetesEngine extends Engine {
  constructor(
    private readonly kubeconfig: string,
    private readonly namespace: string,
    others: readonly string[] = [],
  ) {
    super(["kubernetes", ...others]);
  }

  /** @param settings of the provider besides the kubeconfig */
  write(body: string, settings: Readonly<Record<string, unknown>> = {}): void {
    this.program(`
      const k8s = require("@pulumi/kubernetes");
      const kubeconfig = pulumi.secret(${JSON.stringify(this.kubeconfig)});
      const provider = new k8s.Provider("provider", { kubeconfig, ...${JSON.stringify(settings)} });
      const options = { provider };
      const metadata = (name, more = {}) => ({ name, namespace: ${JSON.stringify(this.namespace)}, ...more });
      const pod = (labels, image) => ({ metadata: { labels }, spec: { containers: [{ name: "main", image }] } });
      ${body}`);
  }

  /** Destroys remaining resources, if any, and removes the folder. */
  async cleanUp(): Promise<void> {
    if (/"kubernetes:/.test(this.stateText())) await this.run("destroy");
    this.remove();
  }
}
