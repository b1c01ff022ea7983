import { castGrpcError, type Etcd3 } from "etcd3";
import type { CallOptions } from "@grpc/grpc-js";

/** Renews a lease for its full time. Returns the seconds that it has; 0 when the lease no longer exists. */
export async function keepAlive(client: Etcd3, lease: string, options: CallOptions): Promise<number> {
  const stream = await client.leaseClient.leaseKeepAlive(options);
  return new Promise((resolve, reject) => {
    // The listeners stay, because an error event without a listener would end the process.
    stream.on("error", (error) => reject(castGrpcError(error)));
    stream.on("end", () => reject(new Error("etcd ended the request without an answer")));
    stream.on("data", (answer) => {
      resolve(Number(answer.TTL));
      stream.end();
    });
    stream.write({ ID: lease });
  });
}
