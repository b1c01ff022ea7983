import { ROOT, type Leaf } from "@inaetics/discovery";
import { quote } from "@inaetics/base";
import { isControllerBox } from "@inaetics/model/cluster";
import { Context, stackOutputs } from "@inaetics/stack";
import { runOnBox } from "../boxes/ssh";

/** A key of etcd; `lease` is the hexadecimal id of its lease, undefined when it has none. */
interface EtcdKey {
  readonly key: string;
  readonly value: string;
  readonly lease: string | undefined;
}

/** Reads the output of `etcdctl get --write-out=json`. Leases have 63 bits, which JSON.parse would round. Pure. */
export function parseKeys(json: string): readonly EtcdKey[] {
  const exact = json.replace(/("lease":)(\d+)/g, '$1"$2"');
  const { kvs } = JSON.parse(exact) as {
    readonly kvs?: readonly { readonly key: string; readonly value?: string; readonly lease?: string }[];
  };
  const text = (base64: string | undefined) => Buffer.from(base64 ?? "", "base64").toString();
  return (kvs ?? []).map(({ key, value, lease }) => ({
    key: text(key),
    value: text(value),
    lease: lease === undefined || lease === "0" ? undefined : BigInt(lease).toString(16),
  }));
}

/** Reads lines of a lease's id and the output of `etcdctl lease timetolive --write-out=json` for it. Pure. */
export function parseLeases(text: string): ReadonlyMap<string, number> {
  return new Map(
    [...text.matchAll(/^([0-9a-f]+) .*"ttl":(-?\d+)/gm)].map(([, id, ttl]) => [id ?? "", Math.max(0, Number(ttl))]),
  );
}

/** Reads all keys of discovery, with the seconds left of their leases. Throws a Failure if no controller answers. */
export async function readDiscovery(context: Context): Promise<readonly Leaf[]> {
  const keys = parseKeys(await onEtcd(context, `etcdctl get --prefix ${quote(ROOT)} --write-out=json`));
  const leases = [...new Set(keys.flatMap(({ lease }) => (lease === undefined ? [] : [lease])))];
  const ask = `for id in ${leases.join(" ")}; do echo "$id $(etcdctl lease timetolive "$id" --write-out=json)"; done`;
  const left = leases.length === 0 ? new Map<string, number>() : parseLeases(await onEtcd(context, ask));
  return keys.map(({ key, value, lease }) => ({
    key,
    value,
    // The lease ended between the two requests.
    secondsLeft: lease === undefined ? null : (left.get(lease) ?? 0),
  }));
}

/**
 * Deletes all keys of discovery and returns their number. Throws a Failure when no controller answers.
 */
export async function deleteDiscovery(context: Context): Promise<number> {
  return Number(await onEtcd(context, `etcdctl del --prefix ${quote(ROOT)}`));
}

/** Runs a script with `etcdctl` as etcd's root on the first controller that answers. */
async function onEtcd(context: Context, script: string): Promise<string> {
  const pki = "/etc/inaetics/pki";
  const identity = `--cacert=${pki}/ca.pem --cert=${pki}/etcd-root.pem --key=${pki}/etcd-root-key.pem`;
  const server = "--endpoints=https://127.0.0.1:2379 --command-timeout=5s";
  const program = `etcdctl() { /opt/inaetics/bin/etcdctl ${server} ${identity} "$@"; }`;
  const line = `sudo sh -c ${quote(`set -e; ${program}; ${script}`)}`;
  const [first = "controller", ...others] = await controllerBoxes(context);
  let answer = runOnBox(context, first, line);
  for (const other of others) answer = answer.catch(() => runOnBox(context, other, line));
  return answer;
}

async function controllerBoxes(context: Context): Promise<readonly string[]> {
  const { nodes } = await stackOutputs(context);
  return Object.keys(nodes ?? {}).filter(isControllerBox);
}
