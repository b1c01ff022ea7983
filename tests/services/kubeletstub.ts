/** Stand-ins for kubelets; the API server asks them for the usage of their nodes and pods. */
import { once } from "node:events";
import * as https from "node:https";
import { networkInterfaces } from "node:os";
import type { AddressInfo } from "node:net";
import { makeAuthority } from "../support/certificates";

export const MB = 1024 * 1024;

/** A kubelet that answers the API server with a summary, with nonsense, or not at all. */
export class KubeletStub {
  mode: "answer" | "nonsense" | "hang" = "answer";
  pods: readonly string[] = [];
  readonly asked = new Set<string>();

  private constructor(
    private readonly server: https.Server,
    private readonly namespace: string,
  ) {
    server.on("request", (request, response) => {
      this.asked.add(request.url ?? "");
      if (this.mode === "hang") return;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(this.mode === "nonsense" ? "<html>" : JSON.stringify(this.summary()));
    });
  }

  static async start(host: string, namespace: string): Promise<KubeletStub> {
    const { certificate: cert, key } = await (await makeAuthority()).issue("kubelet", { addresses: [host] });
    const server = https.createServer({ cert, key }).listen(0, host);
    await once(server, "listening");
    return new KubeletStub(server, namespace);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private summary(): object {
    const pods = this.pods.map((name) => ({
      podRef: { name, namespace: this.namespace },
      cpu: { usageNanoCores: 20_000_000 },
      memory: { workingSetBytes: 60 * MB, usageBytes: 80 * MB },
    }));
    return { node: { cpu: { usageNanoCores: 300_000_000 }, memory: { workingSetBytes: 400 * MB } }, pods };
  }
}

/** Address of this machine that is not loopback: the API server forwards nothing to loopback. */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  const own = addresses.find((each) => each?.family === "IPv4" && !each.internal)?.address;
  if (own === undefined) throw new Error("this machine has no address but loopback; connect it to a network");
  return own;
}
