import type { StreamInfo } from "@nats-io/jetstream";

/** One server's copy of a stream, as the stream's leader sees it. */
export interface Copy {
  readonly server: string;
  readonly current: boolean;
  /** True when the leader does not hear from the server. It calls such a copy current as well. */
  readonly offline: boolean;
}

/** Places of a stream's copies. */
export interface Placement {
  readonly stream: string;
  /** Number of copies that are configured. */
  readonly wanted: number;
  /** Absent while the brokers agree on one. */
  readonly leader?: string;
  /** Copies besides the leader's. */
  readonly others: readonly Copy[];
  /** True while the stream is copied to other servers: until then a `current` copy lacks the earlier content. */
  readonly moving: boolean;
}

/** The broker's answer, with what the client's type lacks: `desired` is the target of a move that is not complete. */
interface Answer {
  readonly config: Pick<StreamInfo["config"], "name" | "num_replicas">;
  readonly cluster?: Partial<NonNullable<StreamInfo["cluster"]>> & { readonly desired?: unknown };
}

/** Reads the places from the broker's answer. A single server, which has no cluster, is its own leader. */
export function placementOf(info: Answer): Placement {
  const cluster = info.cluster;
  const leader = cluster === undefined ? "the only server" : cluster.leader;
  return {
    stream: info.config.name,
    wanted: info.config.num_replicas,
    ...(leader === undefined || leader === "" ? {} : { leader }),
    others: (cluster?.replicas ?? []).map(({ name, current, offline }) => ({
      server: name,
      current: current && !offline,
      offline,
    })),
    moving: cluster?.desired !== undefined,
  };
}

/**
 * Returns the places with the copies that were current before. Under load each copy is late by some messages at most
 * moments, so all copies are seldom current at the same one. A copy that was current once has all that is older.
 */
export function withEarlier(now: Placement, before: Placement | undefined): Placement {
  if (before === undefined || before.leader !== now.leader || before.moving) return now;
  const seen = new Set(before.others.filter(({ current }) => current).map(({ server }) => server));
  const others = now.others.map((copy) => (seen.has(copy.server) && !copy.offline ? { ...copy, current: true } : copy));
  return { ...now, others };
}

/** Servers with a copy. */
export function serversOf({ leader, others }: Placement): readonly string[] {
  return [...(leader === undefined ? [] : [leader]), ...others.map(({ server }) => server)];
}

/**
 * Returns why not every copy of a stream can be relied on; undefined when the stream is whole. With `without`, the copy
 * on that server does not count: the others must be a majority, and all of them current.
 */
export function incomplete(placement: Placement, without?: string): string | undefined {
  const { stream, wanted, leader, others, moving } = placement;
  if (leader === undefined) return `${stream} has no leader`;
  if (leader === without) return `${stream} is led by ${leader}`;
  if (moving) return `${stream} is being copied to other brokers`;
  const counted = others.filter(({ server }) => server !== without);
  const late = counted.filter(({ current }) => !current).map(({ server }) => server);
  if (late.length > 0) return `${stream} is not current on ${late.join(", ")}`;
  const needed = without !== undefined && counted.length < others.length ? wanted - 1 : wanted;
  const copies = counted.length + 1;
  if (copies < needed) return `${stream} has ${copies} of ${needed} copies`;
  return copies > wanted / 2 ? undefined : `${stream} has no majority without ${without ?? "them"}`;
}

/**
 * Returns the streams that should leave a server, because enough other servers can hold their copies. A stream that
 * needs every server keeps its copy there.
 * @param servers number of the servers that stay
 */
export function leaving(placements: readonly Placement[], server: string, servers: number): readonly Placement[] {
  return placements.filter((placement) => placement.wanted <= servers && serversOf(placement).includes(server));
}

/** Returns the streams that have more copies than that. */
export function above(placements: readonly Placement[], most: number): readonly Placement[] {
  return placements.filter(({ wanted }) => wanted > most);
}
