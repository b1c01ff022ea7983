/// <reference lib="dom" />
/** The first page: writes each snapshot that the server sends into the page. */
import { historyPoint, type AgentStatistic, type HistoryPoint, type Snapshot } from "../src/snapshot";
import { linePath, roundTop, type Point } from "./lib/chart";
import { Connection, type State } from "./lib/connection";
import { count, duration, explain, percent, rate, replicas, trend } from "./lib/format";

const SPAN_MS = 120_000;
let history: readonly HistoryPoint[] = [];

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Writes only what differs, so that screen readers and the browser have nothing to do for the rest. */
function write(id: string, text: string): void {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

function show(now: Snapshot): void {
  const { queue, store } = now;
  write("producers", replicas(now.producers));
  write("processors", replicas(now.processors));
  write("rate-percent", percent(now.ratePercent).replace(".0", ""));
  const kinds = Object.entries(now.processorsByKind ?? {}).map(([kind, each]) => `${kind} ${replicas(each)}`);
  write("kinds", kinds.length > 0 ? kinds.join(", ") : "–");
  write("put-rate", rate(now.productionRate));
  write("take-rate", rate(queue?.takeRate));
  write("store-rate", rate(now.processingRate));
  write("depth", count(queue?.depth));
  write("capacity", count(queue?.capacity));
  write("slope", trend(queue?.slope));
  write("utilisation", percent(queue?.utilisation));
  (element("fill") as HTMLMeterElement).value = queue?.utilisation ?? 0;
  write("kept", count(store?.kept));
  write("store-utilisation", percent(store?.utilisation));
  write("accepted", count(now.accepted));
  write("results", count(now.results));
  write("rejected", count(now.rejected));
  write("in-flight", count(queue?.inFlight));
  write("oldest", duration(queue?.oldestMs));
  showProblems(now.problems);
  showAgents(now.agents);
}

function showProblems(problems: Snapshot["problems"]): void {
  const lines = explain(problems);
  element("problems").hidden = lines.length === 0;
  write("problems", lines.join("\n"));
}

function showAgents(agents: readonly AgentStatistic[]): void {
  const rows = agents.map((each) => [each.pod, each.displayName, rate(each.value), each.unit]);
  const body = element("agents");
  const empty = [["nobody yet", "", "", ""]];
  const wanted = rows.length > 0 ? rows : empty;
  while (body.childElementCount > wanted.length) body.lastElementChild?.remove();
  wanted.forEach((cells, index) => {
    const row = body.children[index] ?? body.appendChild(newRow());
    cells.forEach((text, column) => {
      const cell = row.children[column];
      if (cell !== undefined && cell.textContent !== text) cell.textContent = text;
    });
  });
}

function newRow(): HTMLElement {
  const row = document.createElement("tr");
  for (const kind of ["", "", "number", ""]) {
    const cell = document.createElement("td");
    cell.className = kind;
    row.append(cell);
  }
  return row;
}

function extend(now: Snapshot): void {
  const { at } = now;
  history = [...history.filter((each) => each.at > at - SPAN_MS && each.at < at), historyPoint(now)];
}

function drawCharts(): void {
  const to = history.at(-1)?.at ?? 0;
  const area = { from: to - SPAN_MS, to, width: 600, height: 120 };
  const line = (name: "put" | "store" | "fill"): readonly Point[] => history.map((each) => [each.at, each[name]]);
  const top = roundTop(history.flatMap((each) => [each.put, each.store]));
  write("rate-top", count(top));
  draw("rates", "put", linePath(line("put"), { ...area, top }));
  draw("rates", "store", linePath(line("store"), { ...area, top }));
  draw("fills", "fill", linePath(line("fill"), { ...area, top: 100 }));
}

function draw(chart: string, name: string, path: string): void {
  const svg = element(chart);
  let line = svg.querySelector(`.${name}`);
  if (line === null) {
    line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", name);
    svg.append(line);
  }
  line.setAttribute("d", path);
}

function showState(state: State, silentMs: number): void {
  element("state").dataset["state"] = state;
  document.body.dataset["state"] = state;
  write("state", state === "stale" ? "stale, connecting again" : state);
  write("age", state === "stale" ? `last heard ${duration(silentMs)} ago` : "");
}

new Connection(
  "/coordinator/stream",
  {
    history: (points) => {
      history = points as readonly HistoryPoint[];
      drawCharts();
    },
    snapshot: (now) => {
      extend(now as Snapshot);
      show(now as Snapshot);
      drawCharts();
    },
  },
  showState,
).start();
