/// <reference lib="dom" />
/** Statistics page: one chart for each series, added and removed as series come and go. */
import { coalesced, element, h, patch, write } from "@inaetics/web";
import { Chart } from "./lib/chart";
import { Feed } from "./lib/feed";
import { count, duration, percent, perSecond } from "./lib/format";
import type { Line } from "./lib/past";
import { renderRange } from "./lib/range";
import { startShell } from "./lib/shell";

/** Style of the charts of a type: how figures are written, and where the axis ends. */
interface Style {
  readonly words: string;
  readonly write: (value: number | null | undefined) => string;
  readonly colour: string;
  readonly top?: number;
  readonly least?: number;
}

const types: Readonly<Record<string, Style>> = {
  utilization: { words: "Utilization", write: percent, colour: "--fill", top: 100 },
  throughput: { words: "Throughput", write: perSecond, colour: "--put", least: 10 },
  latency: { words: "Latency", write: duration, colour: "--celix", least: 10 },
};
const other: Style = { words: "Others", write: count, colour: "--store" };

const path = ["queue", "data-store", "production", "processing", "rejected"].concat([
  "latency-p50",
  "latency-p95",
  "latency-p99",
  "utilization",
]);
const shown = new Map<string, { readonly chart: Chart; readonly card: HTMLElement }>();
const find = element("find") as HTMLInputElement;
let type = "";

const draw = coalesced(() => {
  patch(element("range"), renderRange(feed));
  patch(element("types"), typeButtons());
  write("history-problem", feed.problem);
  const words = find.value.toLowerCase().split(/\s+/);
  const lines = feed.past.lines.filter((line) => {
    const text = `${line.displayName} ${line.name} ${line.unit}`.toLowerCase();
    return (type === "" || line.type === type) && words.every((each) => text.includes(each));
  });
  const gone = new Set(shown.keys());
  for (const line of lines) {
    chartOf(line).show(feed.past, feed.span);
    gone.delete(line.name);
  }
  for (const name of gone) remove(name);
  element("none").hidden = lines.length > 0 || feed.past.lines.length === 0;
  write("shown", `${lines.length} of ${feed.past.lines.length}`);
  showExport();
});
const feed = new Feed({ names: undefined, seconds: 120, onChange: draw });

/** Returns the chart of a series; a new one is inserted at its place among the others. */
function chartOf({ name, displayName, type: kind }: Line): Chart {
  const known = shown.get(name);
  if (known !== undefined) return known.chart;
  const card = document.createElement("figure");
  card.className = "panel";
  card.dataset["name"] = name;
  card.dataset["place"] = placeOf(name, displayName);
  const after = [...element("charts").children].find(
    (each) => ((each as HTMLElement).dataset["place"] ?? "") > placeOf(name, displayName),
  );
  element("charts").insertBefore(card, after ?? null);
  const style = types[kind] ?? other;
  const chart = new Chart(card, {
    write: style.write,
    top: style.top,
    least: style.least,
    title: titleOf(displayName, name),
    height: 150,
    onSpan: (span) => feed.zoom(span),
    lines: [{ name, label: displayName, colour: style.colour }],
  });
  shown.set(name, { chart, card });
  return chart;
}

/** Sort key of a chart: the data path in its order, then the agents by name. */
function placeOf(name: string, displayName: string): string {
  const place = path.indexOf(name);
  return place === -1 ? `z ${displayName} ${name}` : String.fromCharCode(97 + place);
}

/** Title of a chart. Agents of a kind share a display name, so the end of the series name is added. */
function titleOf(displayName: string, name: string): string {
  const end = /-([a-z0-9]{5})$/.exec(name)?.[1];
  return end === undefined || displayName.includes(end) || !name.startsWith("inaetics-")
    ? displayName
    : `${displayName} ${end}`;
}

function remove(name: string): void {
  shown.get(name)?.chart.end();
  shown.get(name)?.card.remove();
  shown.delete(name);
}

function typeButtons() {
  const button = (value: string, words: string) =>
    h(
      "button",
      {
        key: value,
        type: "button",
        "aria-pressed": String(type === value),
        onclick: () => {
          type = value;
          draw();
        },
      },
      words,
    );
  return [button("", "All"), ...Object.entries(types).map(([value, { words }]) => button(value, words))];
}

/** Links the export to the results in the time on the charts. */
function showExport(): void {
  const [from, to] = feed.span.map((each) => Math.round(each * 1000));
  for (const format of ["csv", "json"]) {
    const link = element(`export-${format}`) as HTMLAnchorElement;
    link.href = `/coordinator/results?from=${from ?? 0}&to=${to ?? 0}&limit=5000&format=${format}`;
  }
}

find.oninput = draw;
feed.reload();
startShell({ snapshot: (live) => feed.add(live) });
