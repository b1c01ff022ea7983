/** Applies agents' events to the stored target. Pure. */
import type { AgentEvent } from "@inaetics/model";
import type { Target } from "./stored";

const LONGEST_REASON = 1000;

/** Returns the target after the events; the same value when they change nothing. */
export function afterEvents(target: Target, events: readonly AgentEvent[]): Target {
  const [now, fault] = [events.reduce(current, target.current), events.reduce(failed, target.failed)];
  return now === target.current && fault === target.failed ? target : { ...target, current: now, failed: fault };
}

/** Applies an event to the version that a target runs, so that it is known before the target's next visit. */
function current(before: Target["current"], { type, version, time }: AgentEvent): Target["current"] {
  const runs: readonly AgentEvent["type"][] = ["deployment-installed", "rolled-back"];
  if (version === undefined || !runs.includes(type) || before?.version === version) return before;
  return { version, since: time };
}

/** Applies an event to the last failure. The first reason given for a version stays. */
function failed(before: Target["failed"], { type, version, message: text, bundle }: AgentEvent): Target["failed"] {
  if (version === undefined) return before;
  if (type === "deployment-installed") return before?.version === version ? null : before;
  const failures: readonly AgentEvent["type"][] = ["bundle-failed", "deployment-failed", "download-refused"];
  if (!failures.includes(type) || before?.version === version) return before;
  const what = bundle === undefined ? type : `${type} (${bundle})`;
  return { version, reason: (text === undefined || text === "" ? what : text).slice(0, LONGEST_REASON) };
}
