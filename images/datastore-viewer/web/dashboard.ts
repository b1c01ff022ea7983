/// <reference lib="dom" />
/** Dashboard: state, history and events of the data path, and its controls. */
import { coalesced, element, h, patch, write } from "@inaetics/web";
import { Chart } from "./lib/chart";
import { Controls } from "./lib/controls";
import { Feed } from "./lib/feed";
import { count, percent, perSecond } from "./lib/format";
import { renderInformation } from "./lib/information";
import type { Live, StoredEvent } from "./lib/live";
import { addEvent, filters, readEvents, renderLog, type Filter } from "./lib/log";
import { marksOf } from "./lib/marks";
import { Person } from "./lib/person";
import { renderPipeline } from "./lib/pipeline";
import { renderRange } from "./lib/range";
import { startShell } from "./lib/shell";
import { upgradeLines } from "./lib/upgrades";

const narrow = matchMedia("(max-width: 56rem)");
const person = new Person();
let now: Live | undefined;
let events: readonly StoredEvent[] = [];
let filter: Filter = "all";

const draw = coalesced(() => {
  if (now === undefined) return;
  const upgrades = upgradeLines(now.upgrades);
  element("upgrades").hidden = upgrades.length === 0;
  write("upgrades", upgrades.join("\n"));
  patch(element("pipeline"), [renderPipeline(now, narrow.matches ? "down" : "across")]);
  patch(element("information"), renderInformation(now));
  patch(element("controls"), controls.render(now));
  patch(element("filter"), filterButtons());
  patch(element("log"), renderLog(events, filter, now.at));
  write("log-count", count(events.length));
});
const drawCharts = coalesced(() => {
  patch(element("range"), renderRange(feed));
  write("history-problem", feed.problem);
  const marks = marksOf(events);
  for (const chart of charts) chart.show(feed.past, feed.span, marks);
});

const controls = new Controls(person, draw);
const feed = new Feed({
  names: ["queue", "data-store", "production", "processing"],
  seconds: 300,
  onChange: drawCharts,
  onRange: () => void loadEvents(),
});
const common = { height: 190, onSpan: (span: readonly [number, number] | undefined) => feed.zoom(span) };
const charts = [
  new Chart(element("queue-chart"), {
    ...common,
    title: "Queue",
    write: percent,
    top: 100,
    lines: [{ name: "queue", label: "Queue", colour: "--fill" }],
  }),
  new Chart(element("store-chart"), {
    ...common,
    title: "Data store",
    write: percent,
    top: 100,
    lines: [{ name: "data-store", label: "Data store", colour: "--store" }],
  }),
  new Chart(element("rate-chart"), {
    ...common,
    title: "Rates",
    write: perSecond,
    least: 10,
    lines: [
      { name: "production", label: "produced", colour: "--put" },
      { name: "processing", label: "processed", colour: "--store" },
    ],
  }),
];

function filterButtons() {
  return (Object.keys(filters) as Filter[]).map((each) =>
    h(
      "button",
      {
        key: each,
        type: "button",
        "aria-pressed": String(filter === each),
        onclick: () => {
          filter = each;
          draw();
        },
      },
      filters[each].words,
    ),
  );
}

function onEvent(event: StoredEvent): void {
  events = addEvent(events, event);
  draw();
}

/** Reads more events. The stream begins with a few, but charts may go further back. */
async function loadEvents(): Promise<void> {
  for (const event of await readEvents(500)) onEvent(event);
}

narrow.addEventListener("change", draw);
person.start();
feed.reload();
startShell({
  snapshot: (live) => {
    now = live;
    feed.add(live);
    draw();
  },
  log: onEvent,
  again: () => void loadEvents(),
});
