/** What the conformance tests of the kubernetes provider share: one API server, and engines with programs for it. */
import { ApiServer } from "./apiserver";
import { Engine } from "./engine";
import { Kubelet } from "./kubelet";
import { object } from "./objects";

let started: Promise<{ server: ApiServer; kubelet: Kubelet }> | undefined;

/** The one of this test run; made when first asked for, ended with the run. */
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

/** An engine, with the kubernetes provider and `others`, whose programs get `k8s`, `provider` and `options` ({provider}), and `metadata(name)` of a namespace. */
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

  /** Destroys what is left, if anything is, and removes the folder. */
  async cleanUp(): Promise<void> {
    if (/"kubernetes:/.test(this.stateText())) await this.run("destroy");
    this.remove();
  }
}

/** A namespace made by somebody else. */
export async function makeNamespace(server: ApiServer, name: string): Promise<void> {
  await server.api.create(object("v1", "Namespace", name));
}
