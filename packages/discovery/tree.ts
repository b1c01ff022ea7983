import { parseEndpoints, type Endpoint } from "./endpoints";
import { parseKey, type WireId } from "./names";
import { parseWire, wireUrl, type Wire } from "./wires";

/** Key as it is in etcd. `secondsLeft` is the rest of its lease; null when it has no lease and stays for ever. */
export interface Leaf {
  readonly key: string;
  readonly value: string;
  readonly secondsLeft: number | null;
}

interface Leased {
  readonly secondsLeft: number | null;
}

/** Contents of discovery, by kind. `others` are keys that this project never writes, or unreadable values. */
export interface Tree {
  readonly services: readonly (Leased & { readonly service: string; readonly id: string; readonly address: string })[];
  readonly frameworks: readonly (Leased & { readonly framework: string; readonly endpoints: readonly Endpoint[] })[];
  readonly wires: readonly (Leased & WireId & { readonly url: string | null; readonly properties: Wire })[];
  readonly others: readonly (Leaf & { readonly problem: string })[];
}

/** Sorts keys by their meaning. Never throws. Pure. */
export function discoveryTree(leaves: readonly Leaf[]): Tree {
  const services: Tree["services"][number][] = [];
  const frameworks: Tree["frameworks"][number][] = [];
  const wires: Tree["wires"][number][] = [];
  const others: Tree["others"][number][] = [];
  for (const leaf of [...leaves].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const { key, value, secondsLeft } = leaf;
    const name = parseKey(key);
    if (name?.kind === "service") {
      services.push({ service: name.service, id: name.id, address: value, secondsLeft });
    } else if (name?.kind === "endpoints") {
      const read = parseEndpoints(value);
      if (read.ok) frameworks.push({ framework: name.framework, endpoints: read.value.endpoints, secondsLeft });
      else others.push({ ...leaf, problem: read.problem });
    } else if (name?.kind === "wire") {
      const { zone, node, id } = name;
      const read = parseWire(value);
      if (read.ok) {
        wires.push({ zone, node, id, url: wireUrl(read.value) ?? null, properties: read.value, secondsLeft });
      } else others.push({ ...leaf, problem: read.problem });
    } else others.push({ ...leaf, problem: "not a key of discovery" });
  }
  return { services, frameworks, wires, others };
}

/** Renders the tree as text with aligned columns, or as a sentence when it is empty. Pure. */
export function renderTree(tree: Tree): string {
  const sections: readonly [string, readonly (readonly string[])[]][] = [
    ...[...new Set(tree.services.map(({ service }) => service))].map((service): [string, string[][]] => [
      service,
      tree.services
        .filter((each) => each.service === service)
        .map((each) => [each.id, each.address, left(each.secondsLeft)]),
    ]),
    [
      "endpoints",
      tree.frameworks.flatMap(({ framework, endpoints, secondsLeft }) =>
        endpoints.map((each) => [framework, each.id, each.interface, `wire ${wireName(each.wire)}`, left(secondsLeft)]),
      ),
    ],
    ["wires", tree.wires.map((each) => [wireName(each), each.url ?? "(no url)", left(each.secondsLeft)])],
    [
      "not understood",
      tree.others.map((each) => [
        each.key,
        each.problem,
        JSON.stringify(each.value).slice(0, 60),
        left(each.secondsLeft),
      ]),
    ],
  ];
  const filled = sections.filter(([, rows]) => rows.length > 0);
  if (filled.length === 0) return "Nothing is registered in discovery.\n";
  return filled.map(([title, rows]) => `${printable(title)}\n${align(rows)}`).join("");
}

function wireName({ zone, node, id }: WireId): string {
  return `${zone}/${node}/${id}`;
}

function left(seconds: number | null): string {
  return seconds === null ? "no lease" : `${seconds} s left`;
}

function align(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = cells.reduce<number[]>((so, row) => row.map((cell, i) => Math.max(so[i] ?? 0, cell.length)), []);
  return cells
    .map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd() + "\n")
    .join("");
}

/** Replaces control characters, so that a value in etcd cannot steer the reader's terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}
