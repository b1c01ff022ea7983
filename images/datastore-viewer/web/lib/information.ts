/// <reference lib="dom" />
/** State of the system in figures. */
import { ago, h, UNKNOWN, type Wanted } from "@inaetics/web";
import { count, duration, percent, rate, replicas, trend } from "./format";
import type { Live } from "./live";

type Row = readonly [term: string, figure: string, note?: string];

export function renderInformation(now: Live): readonly Wanted[] {
  const left = [group("Flow", flow(now)), group("Coordination", coordination(now))];
  const right = [group("Replicas", replicaRows(now)), group("Totals", totals(now))];
  return [h("div", { key: "left" }, ...left), h("div", { key: "right" }, ...right)];
}

function group(title: string, rows: readonly Row[]): Wanted {
  const body = rows.map(([term, figure, note]) =>
    h(
      "div",
      { key: term },
      h("dt", {}, term),
      h(
        "dd",
        { class: figure.startsWith(UNKNOWN) ? "unknown" : "" },
        h("b", {}, figure),
        note !== undefined && figure !== UNKNOWN && ` ${note}`,
      ),
    ),
  );
  return h("section", { key: title }, h("h3", {}, title), h("dl", {}, ...body));
}

function flow({ productionRate, processingRate, utilisation, queue, store, latency }: Live): readonly Row[] {
  const { p50, p95, p99 } = latency;
  const waiting = queue === null ? "" : `${trend(queue.slope)}, oldest ${duration(queue.oldestMs)}`;
  return [
    ["Production", rate(productionRate), "samples/s"],
    ["Processing", rate(processingRate), "results/s"],
    ["Measured rate", percent(utilisation), "of the highest"],
    ["Latency, median", duration(p50), "sample to result"],
    ["Latency, 95 % / 99 %", p95 === null ? UNKNOWN : `${duration(p95)} / ${duration(p99)}`],
    ["Queue", percent(queue?.utilisation), waiting],
    ["Data store", percent(store?.utilisation), store === null ? "" : `${count(store.kept)} results`],
  ];
}

function coordination({ leader, decision, at }: Live): readonly Row[] {
  const decided = decision === null ? UNKNOWN : decision.rule;
  return [
    ["Coordinator", leader?.replace(/^inaetics-/, "") ?? UNKNOWN],
    ["Last decision", decided, decision === null ? "" : ago(decision.at, at)],
  ];
}

function replicaRows({ producers, processors, processorsByKind, restarts }: Live): readonly Row[] {
  const kinds = processorsByKind ?? {};
  return [
    ["Producers", replicas(producers), "running / requested"],
    ["Processors", replicas(processors), "running / requested"],
    ["Felix processors", replicas(kinds["felix"])],
    ["Celix processors", replicas(kinds["celix"])],
    ["Container restarts", count(restarts)],
  ];
}

function totals({ accepted, rejected, results, redelivered, queue }: Live): readonly Row[] {
  return [
    ["Accepted", count(accepted), "samples"],
    ["Rejected", count(rejected), "samples"],
    ["Stored", count(results), "results"],
    ["In flight", count(queue?.inFlight), "samples"],
    ["Delivered again", count(redelivered), "samples"],
  ];
}
