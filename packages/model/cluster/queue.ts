/** The queue's servers and their volumes, computed from the settings. Pure. */

/** A folder on a node's disk for one server. */
export interface QueueVolume {
  /** `node-1`, and `node-1-2` for the second volume there. */
  readonly name: string;
  readonly node: string;
  /** Absolute path on the node's box. */
  readonly folder: string;
}

/**
 * Fewest servers. They agree by majority on where streams are, also when each stream has one copy. So their number does
 * not change with `queueReplicas` 1 and 3, and no stream has to leave a server that works alone.
 */
const fewestServers = 3;

/** Returns the number of servers that keep so many copies of each stream. */
export function queueServers(copies: number): number {
  return Math.max(fewestServers, copies);
}

/** Returns a volume on every node, and further ones where fewer nodes than servers exist. */
export function queueVolumes(copies: number, nodes: readonly string[]): readonly QueueVolume[] {
  const onEach = Math.ceil(queueServers(copies) / Math.max(1, nodes.length));
  return nodes.flatMap((node) =>
    Array.from({ length: onEach }, (_, index) => {
      const suffix = index === 0 ? "" : `-${index + 1}`;
      return { name: `${node}${suffix}`, node, folder: `/var/lib/inaetics/broker${suffix}` };
    }),
  );
}
