/**
 * The settings of the cluster: names, defaults, limits, and their validation. Pure: no Pulumi, no I/O.
 */
import * as ipaddr from "ipaddr.js";
import type { Policy } from "@inaetics/autoscaling";
import { autoscalingPolicy } from "./policySetting";

/** Provider of the boxes. */
export type BoxProvider = "docker" | "virtualbox" | "libvirt";

/** The validated settings; every field has its unit, default and limits in {@link fields}. */
interface Fields {
  readonly nodes: number;
  readonly controllers: number;
  readonly producers: number;
  readonly celixProducers: number;
  readonly maxProducers: number;
  readonly minProcessors: number;
  readonly maxProcessors: number;
  readonly boxProvider: BoxProvider;
  readonly subnet: string;
  readonly podNetwork: string;
  readonly serviceNetwork: string;
  readonly flannelBackend: "vxlan" | "host-gw";
  readonly flannelEtcdPrefix: string;
  readonly viewerPort: number;
  readonly provisioningPort: number;
  readonly queueReplicas: number;
  readonly queueCapacity: number;
  readonly registryUser: string;
  readonly protect: boolean;
}

/** All settings; packages/autoscaling describes the policy's parameters. */
export interface Settings extends Fields {
  readonly autoscaling: Policy;
}

/** Secrets that may be given; absent ones are made. They are validated, but never part of {@link Settings}. */
export const secretKeys = ["registryPassword", "dashboardPassword"] as const;

/** The one structured setting, set by `pulumi config set --path autoscaling.<parameter> <value>`. */
export const autoscalingKey = "autoscaling";

/** Values as written in the stack's configuration, without the namespace. */
export type RawSettings = Readonly<Record<string, string | undefined>>;

/** All problems of a configuration at once, one line each. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n  ${problems.join("\n  ")}`,
    );
  }
}

/** One setting: its default (it may depend on the settings before it) and the check of a written value. */
interface Field<T> {
  readonly fallback: (before: Partial<Settings>) => T;
  /** Returns the value, or undefined when it is not allowed. */
  readonly parse: (text: string, before: Partial<Settings>) => T | undefined;
  readonly allowed: (before: Partial<Settings>) => string;
}

function integer(
  lowest: number,
  highest: number | ((before: Partial<Settings>) => number),
  fallback: number | Field<number>["fallback"],
): Field<number> {
  const top = typeof highest === "number" ? () => highest : highest;
  return {
    fallback: typeof fallback === "number" ? () => fallback : fallback,
    parse: (text, before) => {
      const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
      return value >= lowest && value <= top(before) ? value : undefined;
    },
    allowed: (before) => `a whole number from ${lowest} to ${top(before)}`,
  };
}

function choice<T extends string>(values: readonly T[], fallback: T): Field<T> {
  return {
    fallback: () => fallback,
    parse: (text) => values.find((value) => value === text),
    allowed: () => values.join(", "),
  };
}

function flag(fallback: boolean): Field<boolean> {
  return {
    fallback: () => fallback,
    parse: (value) => (value === "true" ? true : value === "false" ? false : undefined),
    allowed: () => "true, false",
  };
}

function text(pattern: RegExp, description: string, fallback: string): Field<string> {
  return {
    fallback: () => fallback,
    parse: (value) => (pattern.test(value) ? value : undefined),
    allowed: () => description,
  };
}

/** Checks an IPv4 network in CIDR notation, written with its first address. */
function network(longestPrefix: number, shortestPrefix: number, fallback: Field<string>["fallback"]): Field<string> {
  return {
    fallback,
    parse: (value) => {
      if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(value)) return undefined;
      const [, prefix] = ipaddr.IPv4.parseCIDR(value);
      const aligned = `${ipaddr.IPv4.networkAddressFromCIDR(value).toString()}/${prefix}`;
      return prefix >= shortestPrefix && prefix <= longestPrefix && aligned === value ? value : undefined;
    },
    allowed: () =>
      `an IPv4 network in CIDR notation beginning at its first address, from /${shortestPrefix} to /${longestPrefix}`,
  };
}

/** Default subnet. The docker daemon's bridge is 172.17.0.0/16, so 172.17.8.0/24 suits virtual machines only. */
function defaultSubnet(before: Partial<Settings>): string {
  return before.boxProvider === "docker" ? "172.30.8.0/24" : "172.17.8.0/24";
}

/**
 * Ports that Services may use on every box. Below 2379, the lowest port of the cluster's own programs. Kubernetes
 * assigns the lowest sixty only when they are requested by number.
 */
export const nodePorts = { lowest: 80, highest: 2000 } as const;

/** Every setting in the order of evaluation: later ones may depend on earlier ones. */
export const fields: { readonly [K in keyof Fields]: Field<Fields[K]> } = {
  boxProvider: choice(["docker", "virtualbox", "libvirt"], "docker"),
  nodes: integer(1, 50, 5),
  // An even number of etcd members survives no more losses than one fewer.
  controllers: {
    fallback: () => 1,
    parse: (value) => (["1", "3"].includes(value) ? Number(value) : undefined),
    allowed: () => "1 or 3",
  },
  maxProducers: integer(0, 32, 4),
  // Both kinds together are at most maxProducers.
  producers: integer(
    0,
    (before) => before.maxProducers ?? 4,
    ({ maxProducers }) => Math.min(1, maxProducers ?? 4),
  ),
  celixProducers: integer(0, (before) => (before.maxProducers ?? 4) - (before.producers ?? 1), 0),
  maxProcessors: integer(1, 32, 8),
  minProcessors: integer(1, (before) => before.maxProcessors ?? 8, 1),
  subnet: network(24, 16, defaultSubnet),
  podNetwork: network(22, 8, () => "10.1.0.0/16"),
  serviceNetwork: network(24, 12, () => "10.3.0.0/16"),
  flannelBackend: choice(["vxlan", "host-gw"], "vxlan"),
  flannelEtcdPrefix: text(
    /^(\/[a-zA-Z0-9._-]+)+$/,
    "an absolute etcd path such as /coreos.com/network",
    "/coreos.com/network",
  ),
  viewerPort: integer(nodePorts.lowest, nodePorts.highest, 80),
  provisioningPort: integer(nodePorts.lowest, nodePorts.highest, 90),
  queueReplicas: {
    fallback: (before) => ((before.nodes ?? 5) >= 3 ? 3 : 1),
    parse: (value, before) =>
      ["1", "3", "5"].includes(value) && Number(value) <= (before.nodes ?? 5) ? Number(value) : undefined,
    allowed: (before) => `1, 3 or 5, and at most the ${before.nodes ?? 5} nodes`,
  },
  queueCapacity: integer(1, 10_000_000, 10_000),
  registryUser: text(/^[a-zA-Z0-9._-]{1,64}$/, "1 to 64 letters, digits, dots, dashes and underscores", "inaetics"),
  // Pulumi then refuses to delete or replace a box, whatever asks for it.
  protect: flag(false),
};

function isField(key: string): key is keyof Fields {
  return Object.hasOwn(fields, key);
}

function parseField<K extends keyof Fields>(
  key: K,
  raw: RawSettings,
  before: Partial<Settings>,
  problems: string[],
): Fields[K] {
  const field = fields[key];
  const written = raw[key];
  if (written === undefined) return field.fallback(before);
  const value = field.parse(written.trim(), before);
  if (value !== undefined) return value;
  problems.push(refusal(key, written, field.allowed(before), field.fallback(before)));
  return field.fallback(before);
}

/** Formats the refusal of a setting; `better` is a value that is allowed. */
function refusal(key: string, got: string, allowed: string, better: string | number | boolean): string {
  return `${key}: got ${JSON.stringify(got)}; allowed: ${allowed}; do: pulumi config set ${key} ${better}`;
}

function unknownKeys(raw: RawSettings): string[] {
  const known = [...Object.keys(fields), autoscalingKey, ...secretKeys];
  return Object.keys(raw)
    .filter((key) => !known.includes(key))
    .map((key) => `${key}: is not a setting; allowed: ${known.join(", ")}; do: pulumi config rm ${key}`);
}

/** Checks the secrets. Their values are never shown, even if they are wrong. */
function badSecrets(raw: RawSettings, plain: readonly string[]): string[] {
  return secretKeys.flatMap((key) => {
    const cure = `do: pulumi config set --secret ${key}`;
    const value = raw[key];
    if (value === undefined) return [];
    if (plain.includes(key)) return [`${key}: got a plain value; allowed: an encrypted one; ${cure}`];
    if (/^[\x21-\x7e]{8,72}$/.test(value)) return [];
    return [`${key}: got a value that is not allowed; allowed: 8 to 72 printable characters without spaces; ${cure}`];
  });
}

/**
 * Checks that no networks overlap. An address must belong to one of them only; otherwise traffic is misrouted silently.
 */
function overlaps(settings: Settings): string[] {
  const networks = (["subnet", "podNetwork", "serviceNetwork"] as const).map((key) => ({ key, cidr: settings[key] }));
  return networks.flatMap((one, index) =>
    networks
      .slice(index + 1)
      .filter((other) => networksOverlap(one.cidr, other.cidr))
      .map(({ key, cidr }) =>
        refusal(key, cidr, `a network that does not overlap ${one.key} ${one.cidr}`, "<another network>"),
      ),
  );
}

/** True when two CIDR networks share an address. */
export function networksOverlap(one: string, other: string): boolean {
  const [first, firstPrefix] = ipaddr.IPv4.parseCIDR(one);
  const [second, secondPrefix] = ipaddr.IPv4.parseCIDR(other);
  return first.match(second, Math.min(firstPrefix, secondPrefix));
}

/** Checks that no two Services have the same port on a box. */
function samePorts({ viewerPort, provisioningPort }: Settings): string[] {
  if (viewerPort !== provisioningPort) return [];
  const better = viewerPort === 90 ? 91 : 90;
  return [refusal("provisioningPort", String(provisioningPort), "a port other than viewerPort's", better)];
}

/** Checks the pod network: Flannel gives every box a /24 of it. */
function crowding(settings: Settings): string[] {
  const [, prefix] = ipaddr.IPv4.parseCIDR(settings.podNetwork);
  const subnets = 2 ** (24 - prefix);
  const boxes = settings.nodes + settings.controllers;
  const allowed = `a network with more than ${boxes} /24 subnets, one for each box`;
  return subnets > boxes ? [] : [refusal("podNetwork", settings.podNetwork, allowed, "10.1.0.0/16")];
}

/**
 * Validates a configuration.
 * @param plain keys whose values are unencrypted, as far as that is known
 * @throws SettingsError with every problem, each "key: got X; allowed: ...; do: ...".
 */
export function parseSettings(raw: RawSettings, plain: readonly string[] = []): Settings {
  const problems = [...unknownKeys(raw), ...badSecrets(raw, plain)];
  const settings: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    if (isField(key)) settings[key] = parseField(key, raw, settings, problems);
  }
  const { policy, problem } = autoscalingPolicy(raw[autoscalingKey], settings);
  if (problem !== undefined) problems.push(problem);
  const complete = { ...(settings as unknown as Fields), autoscaling: policy };
  problems.push(...overlaps(complete), ...crowding(complete), ...samePorts(complete));
  if (problems.length > 0) throw new SettingsError(problems);
  return complete;
}
