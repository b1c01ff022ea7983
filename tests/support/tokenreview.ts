/** Stand-in of the API server's TokenReview, which provisioning asks. Proves nothing by itself. */
import type * as http from "node:http";
import { StandIn } from "./http";
import { freePort } from "./ports";

/** Pod and service account of each token. */
const tokens: Readonly<Record<string, readonly [pod: string, account: string]>> = {
  "token-felix-1": ["felix-1", "inaetics-processor"],
  "token-felix-2": ["felix-2", "inaetics-processor"],
  "token-celix-1": ["celix-1", "inaetics-processor-celix"],
  "token-new-1": ["new-1", "strangers"],
  "token-producer-1": ["producer-1", "inaetics-producer"],
};

/** Simulates the one Kubernetes API call that provisioning makes; it can be stopped, and counts its requests. */
export class FakeTokenReview extends StandIn {
  asked = 0;

  static async start(): Promise<FakeTokenReview> {
    const api = new FakeTokenReview(await freePort());
    await api.up();
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  protected async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.asked++;
    let text = "";
    for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
    const { token } = (JSON.parse(text) as { spec: { token: string } }).spec;
    const [pod, account] = tokens[token] ?? [];
    const status =
      pod === undefined
        ? { authenticated: false }
        : {
            authenticated: true,
            audiences: ["inaetics-provisioning"],
            user: {
              username: `system:serviceaccount:inaetics:${account ?? ""}`,
              extra: { "authentication.kubernetes.io/pod-name": [pod] },
            },
          };
    response.writeHead(request.url === "/apis/authentication.k8s.io/v1/tokenreviews" ? 201 : 404);
    response.end(JSON.stringify({ kind: "TokenReview", status }));
  }
}
