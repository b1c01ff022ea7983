/** Shared parts of the kubernetes provider's conformance tests: one API server, and engines with programs for it. */
import { ApiServer } from "./apiserver";
import { Engine } from "./engine";
import { Kubelet } from "./kubelet";
import { object } from "./objects";

let started: Promise<{ server: ApiServer; kubelet: Kubelet }> | undefined;

/** API server and kubelet of this test run; started at the first call, ended with the run. */
export function sharedServer(): Promise<{ server: ApiServer; kubelet: Kubelet }> {
  started ??= (async () => {
    const server = await ApiServer.start();
    const kubelet = new Kubelet(server.api);
    await kubelet.start();
    return { server, kubelet };
  })();
  return started;
}

after(async function () {
  this.timeout(30_000);
  const running = await started?.catch(() => undefined);
  await running?.kubelet.stop();
  await running?.server.stop();
});

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

/** A namespace that another program made. */
export async function makeNamespace(server: ApiServer, name: string): Promise<void> {
  await server.api.create(object("v1", "Namespace", name));
}
