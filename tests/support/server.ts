/** One API server that all test files of a run share, each with namespaces of its own. */
import { ApiServer } from "./apiserver";
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

/** Makes a namespace, as others than Pulumi do. */
export async function makeNamespace(server: ApiServer, name: string): Promise<void> {
  await server.api.create(object("v1", "Namespace", name));
}
