/** Texts about the state of targets. */
import { ago } from "@inaetics/web";
import type { Tone } from "./audit";
import type { Target } from "./shapes";

export interface Condition {
  readonly tone: Tone;
  readonly words: string;
}

/** Describes what a target runs or waits for, in a few words; `now` in milliseconds since 1970. */
export function conditionOf(target: Target, now: number): Condition {
  const { wanted, current, failed } = target;
  if (target.state === "gone") return { tone: "plain", words: `gone, last seen ${ago(target.lastSeen, now)}` };
  if (!target.approved) return { tone: "wait", words: "waits for approval" };
  const runs = current === null ? "runs nothing" : `runs ${current.version}`;
  switch (target.state) {
    case "failed":
      return { tone: "bad", words: `${failed?.version ?? "update"} failed, ${runs}` };
    case "updating":
      return { tone: "wait", words: `${current?.version ?? "nothing"} → ${wanted?.version ?? "nothing"}` };
    case "current":
      return { tone: "good", words: current === null ? "nothing assigned" : runs };
    case "waiting":
      return wanted === null
        ? { tone: "plain", words: "nothing assigned" }
        : { tone: "wait", words: `waits to take ${wanted.version}` };
  }
}

export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly failed: number;
  readonly moving: boolean;
}

/** Progress of a group's targets; those that are gone do not count. */
export function progressOf(targets: readonly Target[]): Progress {
  const present = targets.filter((each) => each.state !== "gone");
  const inState = (state: Target["state"]): number => present.filter((each) => each.state === state).length;
  return {
    done: inState("current"),
    of: present.length,
    failed: inState("failed"),
    moving: inState("updating") > 0,
  };
}

export function progressWords({ done, of, failed }: Progress): string {
  if (of === 0) return "no targets";
  const all =
    done === of ? `${of === 1 ? "its target is" : `all ${of} are`} up to date` : `${done} of ${of} up to date`;
  return failed === 0 ? all : `${all}, ${failed} failed`;
}
