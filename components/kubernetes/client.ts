/**
 * Calls of dynamic resources to the API server. Self-contained, because Pulumi stores their serialised code in the
 * state: functions import the libraries that they use, and nothing else is captured. Services have their own client
 * (`KubernetesClient` of packages/service), which logs in with a pod's token instead of a kubeconfig.
 */

/** Answer of the API server. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Sends one request with the kubeconfig's client certificate; 10 s at most. */
export async function callApi(
  kubeconfig: string,
  method: string,
  path: string,
  body?: unknown,
  type = "application/json",
): Promise<Answer> {
  const { parse } = await import("yaml");
  const { request } = await import("node:https");
  const config = parse(kubeconfig) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const cluster = config.clusters[0]?.cluster ?? {};
  const user = config.users[0]?.user ?? {};
  const decode = (text: string | undefined) => Buffer.from(text ?? "", "base64");
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      `${cluster["server"] ?? ""}${path}`,
      {
        method,
        ca: decode(cluster["certificate-authority-data"]),
        cert: decode(user["client-certificate-data"]),
        key: decode(user["client-key-data"]),
        timeout: 10_000,
        headers: payload === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(payload) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          let answered: unknown = text;
          try {
            answered = JSON.parse(text);
          } catch {
            // Errors, and answers of a Service behind the API server, need not be JSON.
          }
          resolve({ status: response.statusCode ?? 0, body: answered });
        });
      },
    );
    call.on("timeout", () => call.destroy(new Error(`${method} ${path}: no answer from the API server in 10 s`)));
    call.on("error", reject);
    call.end(payload);
  });
}

/** Returns the path of a replication controller. */
export function controllerPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/replicationcontrollers/${name}`;
}

/** Sets the count of a replication controller, as `kubectl scale` does. Rejects with the API server's answer. */
export async function scaleController(
  kubeconfig: string,
  namespace: string,
  name: string,
  replicas: number,
): Promise<void> {
  const path = `${controllerPath(namespace, name)}/scale`;
  const answer = await callApi(kubeconfig, "PATCH", path, { spec: { replicas } }, "application/merge-patch+json");
  if (answer.status !== 200) throw new Error(`PATCH ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}
