/// <reference lib="dom" />
/** The data path as a picture: producers, queue, processors, data store, and what flows from each to the next. */
import { h, UNKNOWN, type Child, type Wanted } from "@inaetics/web";
import { count, kindName, percent, rate, replicas, trend } from "./format";
import type { Live, Replicas } from "./live";

/** Across on a wide page, down on a narrow one. */
export type Direction = "across" | "down";

interface Place {
  readonly x: number;
  readonly y: number;
}

interface Station {
  readonly title: string;
  readonly figure: string;
  readonly note: string;
  /** Dots for running and requested replicas, or a bar for the fill in percent. */
  readonly extra: (place: Place) => readonly Child[];
  readonly tone?: "bad";
}

interface Flow {
  /** Per second. */
  readonly value: number | null;
  readonly unit: string;
}

const box = { width: 190, height: 124 };
const layouts = {
  across: { view: "0 0 1100 140", place: (index: number): Place => ({ x: 2 + index * 302, y: 8 }) },
  down: { view: "0 0 300 728", place: (index: number): Place => ({ x: 55, y: 2 + index * 200 }) },
} as const;

export function renderPipeline(now: Live, direction: Direction): Wanted {
  const { view, place } = layouts[direction];
  const stations = stationsOf(now);
  const flows: readonly Flow[] = [
    { value: now.productionRate, unit: "samples/s" },
    { value: now.queue?.takeRate ?? null, unit: "samples/s" },
    { value: now.processingRate, unit: "results/s" },
  ];
  return h(
    "svg",
    {
      key: direction,
      class: `pipeline ${direction}`,
      viewBox: view,
      role: "img",
      "aria-label": describe(stations, flows),
    },
    ...flows.map((flow, index) => arrow(flow, place(index), direction)),
    ...stations.map((station, index) => drawStation(station, place(index))),
  );
}

function stationsOf(now: Live): readonly Station[] {
  const { queue, store, producers, processors, processorsByKind } = now;
  const kinds = processorsByKind ?? {};
  return [
    {
      title: "Producers",
      figure: replicas(producers),
      note: now.ratePercent === null ? "rate unknown" : `at ${now.ratePercent} % of their rate`,
      extra: (at) => dots([["felix", producers]], at),
    },
    {
      title: "Queue",
      figure: count(queue?.depth),
      note: queue === null ? UNKNOWN : `${percent(queue.utilisation)} full, ${trend(queue.slope)}`,
      extra: (at) => bar(queue?.utilisation, at),
      ...((queue?.utilisation ?? 0) > 80 ? { tone: "bad" as const } : {}),
    },
    {
      title: "Processors",
      figure: replicas(processors),
      note: Object.entries(kinds)
        .map(([kind, each]) => `${kindName(kind)} ${replicas(each)}`)
        .join(" · "),
      extra: (at) => dots(Object.entries(kinds), at),
    },
    {
      title: "Data store",
      figure: count(store?.kept),
      note: store === null ? UNKNOWN : `${percent(store.utilisation)} of ${count(store.capacity)}`,
      extra: (at) => bar(store?.utilisation, at),
    },
  ];
}

function describe(stations: readonly Station[], flows: readonly Flow[]): string {
  const parts = stations.map(({ title, figure, note }, index) => {
    const flow = flows[index];
    const out = flow === undefined ? "" : `, then ${rate(flow.value)} ${flow.unit}`;
    return `${title} ${figure}, ${note}${out}`;
  });
  return `Data path: ${parts.join("; ")}.`;
}

function drawStation({ title, figure, note, extra, tone }: Station, at: Place): Wanted {
  const { x, y } = at;
  return h(
    "g",
    { key: title, class: `station ${tone ?? ""}` },
    h("rect", { class: "box", x, y, width: box.width, height: box.height, rx: 12 }),
    h("text", { class: "title", x: x + 16, y: y + 26 }, title),
    h("text", { class: figure === UNKNOWN ? "figure unknown" : "figure", x: x + 16, y: y + 60 }, figure),
    h("text", { class: "note", x: x + 16, y: y + 82 }, note),
    ...extra({ x: x + 16, y: y + 96 }),
  );
}

/** Largest number of dots that fit. */
const MOST_DOTS = 10;

/** Draws a dot for each requested replica, filled when it runs; Felix is round and Celix is square. */
function dots(kinds: readonly (readonly [string, Replicas | null | undefined])[], { x, y }: Place): readonly Child[] {
  const all = kinds.flatMap(([kind, each]) => {
    const [runs, asked] = [each?.running ?? 0, each?.requested ?? 0];
    return Array.from({ length: Math.max(runs, asked) }, (_, index) => ({ kind, runs: index < runs }));
  });
  return all.slice(0, MOST_DOTS).map(({ kind, runs }, index) =>
    h("rect", {
      key: `dot ${index}`,
      class: `dot ${kind}${runs ? " runs" : ""}`,
      x: x + index * 16,
      y,
      width: 11,
      height: 11,
      rx: kind === "celix" ? 2 : 6,
    }),
  );
}

function bar(fill: number | undefined, { x, y }: Place): readonly Child[] {
  const width = box.width - 32;
  const filled = Math.min(100, Math.max(0, fill ?? 0));
  return [
    h("rect", { key: "bar", class: "bar", x, y: y + 2, width, height: 8, rx: 4 }),
    filled > 0 &&
      h("rect", {
        key: "filled",
        class: "filled",
        x,
        y: y + 2,
        width: Math.max(3, (width * filled) / 100),
        height: 8,
        rx: 4,
      }),
  ];
}

/** Arrow after a station; a larger flow makes it faster and thicker. */
function arrow({ value, unit }: Flow, { x, y }: Place, direction: Direction): Wanted {
  const speed = value === null || value <= 0 ? 0 : value < 100 ? 1 : value < 500 ? 2 : 3;
  const middle = { x: x + box.width / 2, y: y + box.height / 2 };
  const [begin, end] =
    direction === "across"
      ? [
          { x: x + box.width + 6, y: middle.y },
          { x: x + 302 - 8, y: middle.y },
        ]
      : [
          { x: middle.x, y: y + box.height + 6 },
          { x: middle.x, y: y + 200 - 8 },
        ];
  const points = direction === "across" ? "-11,-7 0,0 -11,7" : "-7,-11 0,0 7,-11";
  const label =
    direction === "across"
      ? { x: (begin.x + end.x) / 2, y: y + 44, anchor: "middle", below: y + 88 }
      : { x: middle.x + 16, y: middle.y + 100, anchor: "start", below: middle.y + 118 };
  return h(
    "g",
    { key: `to ${x} ${y}`, class: `flow speed-${speed}` },
    h("line", { x1: begin.x, y1: begin.y, x2: end.x, y2: end.y }),
    h("polygon", { points, transform: `translate(${end.x} ${end.y})` }),
    h("text", { class: "rate", x: label.x, y: label.y, "text-anchor": label.anchor }, rate(value)),
    h("text", { class: "unit", x: label.x, y: label.below, "text-anchor": label.anchor }, unit),
  );
}
