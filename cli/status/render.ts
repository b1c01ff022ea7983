/** Renders the status for people. Pure. */
import { table } from "@inaetics/base";
import { clusterCommand } from "@inaetics/stack";
import type { BackupRecord } from "../backup/names";
import { Status } from "./read";
import { parseReplicas, Percentiles, ShownEvent, SystemStats } from "@inaetics/model";

type Rows = readonly (readonly string[])[];

export function renderStatus(found: Status): string {
  const { outputs, boxes, nodes, workloads, system, latency, events, faults, problems } = found;
  const isEmpty = boxes.length === 0 && Object.keys(outputs).length === 0;
  return [
    found.stoppedSince === null
      ? ""
      : `Stack ${found.stack} is stopped since ${found.stoppedSince}. Run: ${clusterCommand(found)} start\n\n`,
    isEmpty && problems.length === 0 && found.stoppedSince === null
      ? `Stack ${found.stack} has no cluster. Run: ./cluster up\n`
      : "",
    section(
      "Addresses",
      Object.entries(outputs).map(([name, value]) => [name, String(value)]),
    ),
    section(
      "Boxes",
      boxes.map((box) => [box.name, box.state, box.status]),
    ),
    section(
      "Nodes",
      nodes.map((node) => [node.name, node.ready ? "Ready" : "NotReady", node.version]),
    ),
    section(
      "Workloads",
      workloads.map((entry) => [entry.name, `${entry.ready}/${entry.requested} ready`, entry.kind]),
    ),
    section("Queue", system === null ? [] : queueRows(system, latency)),
    section("Load", system === null ? [] : loadRows(system)),
    section("Last decisions", events.map(eventRow)),
    section("Backup", backupRows(found.backup)),
    section(
      "Faults that were injected",
      faults.map((fault) => [fault]),
    ),
    section(
      "Problems",
      problems.map((problem) => [oneLine(problem)]),
    ),
  ].join("");
}

function section(title: string, rows: Rows): string {
  return rows.length === 0 ? "" : `${title}\n${table(rows)}\n`;
}

function backupRows({ schedule, lastSuccess }: BackupRecord): Rows {
  const last = lastSuccess === undefined ? "none" : `${clock(Date.parse(lastSuccess.time))}, ${lastSuccess.file}`;
  const plan = schedule === undefined ? [] : [["schedule", `${schedule.every}, the newest ${schedule.keep} are kept`]];
  return lastSuccess === undefined && schedule === undefined ? [] : [["last", last], ...plan];
}

function queueRows(
  { queue, productionRate, processingRate, rejected }: SystemStats,
  latency: Percentiles | null,
): Rows {
  const fill =
    queue === null
      ? "unknown"
      : `${number(queue.utilisation)} %, ${queue.depth} of ${queue.capacity} samples${slopeText(queue.slope)}`;
  return [
    ["fill", fill],
    ["produced", perSecond(productionRate)],
    ["processed", perSecond(processingRate)],
    ["rejected", rejected === null ? "unknown" : `${rejected} in all`],
    ["latency", latencyText(latency)],
  ];
}

/** Rows of the current settings: rate, producers and processors. */
export function loadRows(system: SystemStats): Rows {
  const { ratePercent, producers, processors, mode, policy, maxProducers } = system;
  const limits = policy === null ? "" : `, ${policy.min} to ${policy.max}`;
  const name = policy === null ? "policy unknown" : `policy ${policy.policy}${policy.paused ? ", paused" : ""}`;
  const who =
    mode === null
      ? "mode unknown"
      : mode.mode === "auto"
        ? `automatic (${name}${limits})`
        : `by hand: ${mode.felix} Felix and ${mode.celix} Celix`;
  return [
    ["rate", ratePercent === null ? "unknown" : `${ratePercent} % of the producers' most`],
    ["producers", `${replicas(producers)}, at most ${maxProducers}`],
    ["processors", `${replicas(processors)}, ${who}`],
  ];
}

/** `2 of 3 ready`. */
function replicas(text: string): string {
  const found = parseReplicas(text);
  return found === null ? "unknown" : `${found.ready} of ${found.requested} ready`;
}

/** Cells of time, event and reason. */
export function eventRow({ time, kind, reason, outcome }: ShownEvent): readonly string[] {
  const failed = outcome === undefined || outcome === "done" ? "" : ` (${outcome})`;
  return [clock(time), kind, oneLine(reason + failed)];
}

/** Formats a time: `2025-01-31 13:05:09`, local time. */
function clock(time: number): string {
  const at = new Date(time);
  const pad = (value: number) => String(value).padStart(2, "0");
  const date = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join("-");
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(":")}`;
}

function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, " ");
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

/** Formats a slope: `, +0.2 %/s`; empty while it is not known. */
function slopeText(slope: number | null): string {
  return slope === null ? "" : `, ${slope < 0 ? "" : "+"}${number(slope)} %/s`;
}

function perSecond(value: number | null): string {
  return value === null ? "unknown" : `${number(value)} samples/s`;
}

/** `p50 8 ms, p95 20 ms, p99 31 ms`. */
function latencyText(latency: Percentiles | null): string {
  const known = Object.entries(latency ?? {}).flatMap(([name, value]: [string, number | null]) =>
    value === null ? [] : [`${name} ${Math.round(value)} ms`],
  );
  return known.length === 0 ? "unknown" : known.join(", ");
}
