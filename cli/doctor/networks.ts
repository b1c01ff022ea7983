/** Networks that a cluster's own must not overlap. Nothing here changes the machine. */
import * as fs from "node:fs";
import * as path from "node:path";
import { CLUSTER_LABEL } from "@inaetics/model";
import { Context, statePaths } from "@inaetics/stack";
import { tryRun } from "@inaetics/workstation";
import { hasResources } from "../ownership/resources";
import { systemPath } from "../setup/packages";
import { Facts } from "./checks";
import { checkSettings } from "./settings";

interface DockerNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

/** Returns the networks of docker and of other stacks, and the routes of this machine, without the cluster's own network. */
export async function usedNetworks(context: Context): Promise<Facts["networks"]> {
  const ids = (await tryRun("docker", ["network", "ls", "--quiet"], { timeout: 20_000 })).stdout
    .split("\n")
    .filter(Boolean);
  if (ids.length === 0) return usedRoutes(new Set());
  const answer = await tryRun("docker", ["network", "inspect", ...ids], { timeout: 20_000 });
  const all = JSON.parse(answer.stdout || "[]") as readonly DockerNetwork[];
  const bridges = new Set(
    all.map((network) => network.Options?.["com.docker.network.bridge.name"] ?? `br-${network.Id.slice(0, 12)}`),
  );
  const others = all.filter((network) => network.Labels?.[CLUSTER_LABEL] !== context.cluster);
  const subnets = others.flatMap((network) =>
    (network.IPAM?.Config ?? []).flatMap(({ Subnet }) =>
      Subnet?.includes(".") === true ? [{ cidr: Subnet, owner: `docker network ${network.Name}` }] : [],
    ),
  );
  return [...subnets, ...networksOfStacks(context), ...(await usedRoutes(bridges))];
}

/** Returns the IPv4 routes of this machine, without those over the given devices. */
export async function usedRoutes(except: ReadonlySet<string>): Promise<Facts["networks"]> {
  const answer = await tryRun("ip", ["-4", "-oneline", "route", "show"], {
    env: { PATH: systemPath },
    timeout: 10_000,
  });
  return parseRoutes(answer.stdout).filter(({ owner }) => !except.has(owner.replace("route over ", "")));
}

/** Reads the networks of `ip route show`. The default route is left out, because it covers everything. */
export function parseRoutes(text: string): { readonly cidr: string; readonly owner: string }[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+\.\d+\.\d+\.\d+(?:\/\d+)?) .*\bdev (\S+)/.exec(line);
    if (match?.[1] === undefined) return [];
    return [{ cidr: match[1].includes("/") ? match[1] : `${match[1]}/32`, owner: `route over ${match[2] ?? "?"}` }];
  });
}

/** Returns the subnets of this checkout's other stacks that have resources, also while their boxes are away. */
export function networksOfStacks(context: Context): Facts["networks"] {
  const folder = statePaths.stacks(context);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return names
    .map((name) => ({ ...context, stack: path.parse(name).name }))
    .filter((other) => other.stack !== context.stack && hasResources(other))
    .map((other) => ({ cidr: checkSettings(other).settings.subnet, owner: `stack ${other.stack}` }));
}
