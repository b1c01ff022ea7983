import * as pulumi from "@pulumi/pulumi";
import { ETCD_SERVER_NAME } from "@inaetics/discovery";

interface Inputs {
  readonly endpoint: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  readonly prefix: string;
  readonly network: string;
  readonly backend: string;
}

type Outs = Inputs & { readonly value: string };

/** Runs one request on etcd with the client certificate. Has a time limit, because a dynamic provider has none. */
async function onEtcd<T>(
  inputs: Inputs,
  request: (client: import("etcd3").Etcd3) => Promise<T>,
  limitMs = 15_000,
): Promise<T> {
  const { Etcd3 } = await import("etcd3");
  const client = new Etcd3({
    hosts: inputs.endpoint,
    credentials: {
      rootCertificate: Buffer.from(inputs.authority),
      certChain: Buffer.from(inputs.certificate),
      privateKey: Buffer.from(inputs.key),
    },
    dialTimeout: Math.min(10_000, limitMs),
    grpcOptions: { "grpc.ssl_target_name_override": ETCD_SERVER_NAME },
    defaultCallOptions: () => ({ deadline: Date.now() + limitMs }),
  });
  try {
    return await request(client);
  } catch (error) {
    throw new Error(
      `etcd at ${inputs.endpoint}, key ${inputs.prefix}/config: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    client.close();
  }
}

/** Returns Flannel's own format; SubnetLen is the part of the pod network that each box gets. */
function networkConfig(inputs: Inputs): string {
  return JSON.stringify({ Network: inputs.network, SubnetLen: 24, Backend: { Type: inputs.backend } });
}

async function write(inputs: Inputs): Promise<Outs> {
  const value = networkConfig(inputs);
  await onEtcd(inputs, (client) => client.put(`${inputs.prefix}/config`).value(value).exec());
  return { ...inputs, value };
}

/** True unless etcd answers with another value, or without one. An etcd that does not answer proves nothing. */
async function isAsWritten(outs: Outs): Promise<boolean> {
  try {
    return (await onEtcd(outs, (client) => client.get(`${outs.prefix}/config`).string(), 2000)) === outs.value;
  } catch {
    return true;
  }
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Outs> = {
  async create(inputs) {
    return { id: `${inputs.prefix}/config`, outs: await write(inputs) };
  },
  async diff(_id, olds, news) {
    const moved = olds.prefix !== news.prefix || olds.endpoint !== news.endpoint;
    const changed =
      olds.value !== networkConfig(news) || olds.certificate !== news.certificate || olds.authority !== news.authority;
    const changes = moved || changed || !(await isAsWritten(olds));
    return { changes, replaces: moved ? ["prefix"] : [] };
  },
  async update(_id, _olds, news) {
    return { outs: await write(news) };
  },
  async read(id, props) {
    if (props === undefined) return { id };
    const value = await onEtcd(props, (client) => client.get(id).string());
    return value === null ? {} : { id, props: { ...props, value } };
  },
  async delete(id, props) {
    await onEtcd(props, async (client) => {
      await client.delete().key(id).exec();
      await client.delete().prefix(`${props.prefix}/subnets/`).exec();
    });
  },
};

/** Arguments of a {@link FlannelNetwork}. */
export interface FlannelNetworkArgs {
  /** etcd's client address, `https://host:port`. */
  readonly endpoint: pulumi.Input<string>;
  /** PEM certificate of etcd's authority. */
  readonly authority: pulumi.Input<string>;
  /** PEM client certificate of a user that may write below the prefix. */
  readonly certificate: pulumi.Input<string>;
  /** Its PEM key; secret. */
  readonly key: pulumi.Input<string>;
  /** Absolute etcd path, default of Flannel: /coreos.com/network. Changing it moves the key. */
  readonly prefix: pulumi.Input<string>;
  /** The pod network, CIDR; each box gets a /24 of it. */
  readonly network: pulumi.Input<string>;
  /** `vxlan` or `host-gw`. */
  readonly backend: pulumi.Input<string>;
}

/** The overlay network's configuration in etcd, `<prefix>/config`. Every flanneld waits for it to take its subnet. */
export class FlannelNetwork extends pulumi.dynamic.Resource {
  /** The value of the key: JSON with Network, SubnetLen and Backend. */
  declare readonly value: pulumi.Output<string>;

  constructor(name: string, args: FlannelNetworkArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { value: undefined, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["key"] }),
      "network",
      "FlannelNetwork",
    );
  }
}
