import { castGrpcError, type Etcd3 } from "etcd3";
import type { CallOptions } from "@grpc/grpc-js";

/** Asks for another full time of a lease. Gives the seconds it has; 0 when there is no such lease any more. */
export async function keepAlive(client: Etcd3, lease: string, options: CallOptions): Promise<number> {
  const stream = await client.leaseClient.leaseKeepAlive(options);
  return new Promise((resolve, reject) => {
    // The listeners stay: an error event that nobody hears would end the process.
    stream.on("error", (error) => reject(castGrpcError(error)));
    stream.on("end", () => reject(new Error("etcd ended the request without an answer")));
    stream.on("data", (answer) => {
      resolve(Number(answer.TTL));
      stream.end();
    });
    stream.write({ ID: lease });
  });
}
