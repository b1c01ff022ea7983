import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import type { CallOptions } from "@grpc/grpc-js";
import { Etcd3, EtcdLeaseInvalidError, EtcdPermissionDeniedError } from "etcd3";
import type { Environment } from "@inaetics/service";
import { ETCD_SERVER_NAME } from "./names";

/**
 * Access to etcd: `https://host:port`, and the folder with ca.pem and a client certificate. Its common name is our user
 * in etcd. Its files are user-cert.pem and user-key.pem, or cert.pem and key.pem where these do not exist. (Clients of
 * etcd's JSON gateway need a certificate without a common name, which has the shorter names.)
 */
export interface DiscoveryAccess {
  readonly endpoints: readonly string[];
  readonly folder: string;
}

/** Reads ETCD_ENDPOINTS (several separated by commas, required) and DISCOVERY_DIR. */
export function discoveryAccess(environment: Environment): DiscoveryAccess {
  return {
    endpoints: environment
      .text("ETCD_ENDPOINTS")
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
    folder: environment.text("DISCOVERY_DIR", "/etc/inaetics/discovery"),
  };
}

/** Same as `discoveryAccess`. Undefined when ETCD_ENDPOINTS is not set, as outside of a cluster. */
export function optionalDiscoveryAccess(environment: Environment): DiscoveryAccess | undefined {
  return environment.optional("ETCD_ENDPOINTS") === undefined ? undefined : discoveryAccess(environment);
}

/** A request that has no answer after this long has failed. */
const REQUEST_MS = 3000;

/** Request to etcd. It gets the client, and options that bound each of its calls. */
export type Request<T> = (client: Etcd3, options: CallOptions) => Promise<T>;

/**
 * Connection to etcd that is opened when it is needed, and again after it failed. Each time it reads the certificates
 * that are in the folder then. Only etcd3's plain calls are used on it, because its leases and watchers throw on some
 * failures.
 */
export class EtcdConnection {
  private client: Promise<Etcd3> | undefined;

  constructor(readonly access: DiscoveryAccess) {}

  /** Rejects when etcd cannot be reached, does not answer in time or refuses. */
  async run<T>(request: Request<T>): Promise<T> {
    const client = (this.client ??= this.open());
    try {
      return await request(await client, { deadline: Date.now() + REQUEST_MS });
    } catch (error) {
      // A refusal does not mean that the connection is broken.
      if (!(error instanceof EtcdLeaseInvalidError || error instanceof EtcdPermissionDeniedError)) this.drop(client);
      throw error;
    }
  }

  /** Ends all running requests. The next request connects again. */
  close(): void {
    if (this.client !== undefined) this.drop(this.client);
  }

  private async open(): Promise<Etcd3> {
    const { endpoints, folder } = this.access;
    const read = (name: string) => readFile(path.join(folder, name));
    const own = (await readdir(folder)).includes("user-cert.pem") ? "user-" : "";
    const [rootCertificate, certChain, privateKey] = await Promise.all([
      read("ca.pem"),
      read(`${own}cert.pem`),
      read(`${own}key.pem`),
    ]);
    return new Etcd3({
      hosts: [...endpoints],
      credentials: { rootCertificate, certChain, privateKey },
      grpcOptions: {
        "grpc.ssl_target_name_override": ETCD_SERVER_NAME,
        // A halted machine closes no connection: without pings a watch would wait on it for ever.
        "grpc.keepalive_time_ms": 10_000,
        "grpc.keepalive_timeout_ms": 3000,
        "grpc.max_reconnect_backoff_ms": 2000,
      },
    });
  }

  private drop(client: Promise<Etcd3>): void {
    if (this.client === client) this.client = undefined;
    client.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}
