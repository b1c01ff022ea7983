/// <reference lib="dom" />
/** Log of events with their reasons, newest first. */
import { clock, h, type Child, type Wanted } from "@inaetics/web";
import { count, kindName, percent, rate, trend } from "./format";
import type { StoredEvent, Tone } from "./live";
import { arrow, total } from "./marks";

/** Number of events that a page keeps; the server keeps more. */
const MOST = 500;
/** Number of events that the page shows at once. */
const SHOWN = 100;

/** Adds an event once, sorted by its number. */
export function addEvent(events: readonly StoredEvent[], event: StoredEvent): readonly StoredEvent[] {
  const last = events.at(-1);
  if (last === undefined || event.id > last.id) return [...events, event].slice(-MOST);
  if (events.some(({ id }) => id === event.id)) return events;
  return [...events, event].sort((one, other) => one.id - other.id).slice(-MOST);
}

/** Reads the newest events from the server; empty when it does not answer. */
export async function readEvents(limit: number): Promise<readonly StoredEvent[]> {
  try {
    const answer = await fetch(`/coordinator/events?limit=${limit}`, { signal: AbortSignal.timeout(10_000) });
    return answer.ok ? ((await answer.json()) as { readonly events: readonly StoredEvent[] }).events : [];
  } catch {
    return [];
  }
}

export const filters = {
  all: { words: "All", keeps: () => true },
  changes: { words: "Changes", keeps: ({ kind }: StoredEvent) => kind !== "held" },
  people: { words: "By people", keeps: ({ source }: StoredEvent) => source === "person" },
} as const;
export type Filter = keyof typeof filters;

export function renderLog(events: readonly StoredEvent[], filter: Filter, now: number): readonly Wanted[] {
  const shown = events.filter((each) => filters[filter].keeps(each)).slice(-SHOWN);
  if (shown.length === 0) return [h("p", { key: "none", class: "empty" }, "No events yet.")];
  return [h("ol", { key: "events" }, ...shown.reverse().map((event) => renderEvent(event, now)))];
}

export function renderEvent(event: StoredEvent, now: number): Wanted {
  const { id, time, reason, rule, by, outcome } = event;
  const { label, tone } = describe(event);
  const failed = outcome !== undefined && outcome !== "done";
  return h(
    "li",
    { key: String(id), class: `event ${failed ? "bad" : tone}` },
    h("time", { datetime: new Date(time).toISOString() }, clock(time, now)),
    h("b", { class: "label" }, label),
    h("span", { class: "reason" }, reason, change(event)),
    failed && h("span", { class: "outcome" }, outcome),
    h(
      "span",
      { class: "about" },
      ...about(event),
      rule !== undefined && h("span", {}, `rule ${rule}`),
      h("span", {}, `by ${by}`),
    ),
  );
}

function describe({ kind, from, to }: StoredEvent): { readonly label: string; readonly tone: Tone | "act" | "person" } {
  switch (kind) {
    case "scaled":
      return { label: scaled(total(from), total(to)), tone: "act" };
    case "held":
      return { label: "no change", tone: "plain" };
    case "mode":
    case "producers":
    case "rate":
      return { label: kind, tone: "person" };
    case "overload":
      return { label: "✕ overload", tone: "bad" };
    case "recovered":
      return { label: "✓ recovered", tone: "good" };
    case "moved":
      return { label: "⇄ moved", tone: "wait" };
    case "stuck":
      return { label: "✕ stuck", tone: "bad" };
    case "repaired":
      return { label: "✓ repaired", tone: "good" };
    case "upgrade-began":
      return { label: "⇧ upgrade", tone: "wait" };
    case "upgrade-ended":
      return { label: "✓ upgrade", tone: "good" };
    case "leader":
      return { label: "leader", tone: "plain" };
  }
}

function scaled(from: number, to: number): string {
  const words = to > from ? "scaled up" : to < from ? "scaled down" : "other kinds";
  return `${arrow(from, to)} ${words}`;
}

/** Describes the change of each kind, because the reason does not contain it. */
function change({ kind, from, to }: StoredEvent): Child {
  if (kind !== "scaled" || from === undefined || to === undefined) return undefined;
  const kinds = (["felix", "celix"] as const).filter((kind) => from[kind] !== to[kind]);
  const words = kinds.map((kind) => `${kindName(kind)} ${from[kind]} → ${to[kind]}`);
  return h("span", { class: "change" }, ` (${words.join(", ")})`);
}

function about({ metric }: StoredEvent): readonly Child[] {
  if (metric === undefined) return [];
  const { fill, slope, putRate, takeRate, depth } = metric;
  return [
    h("span", {}, `queue ${percent(fill)}, ${trend(slope)}`),
    h("span", {}, `${count(depth)} waiting`),
    h("span", {}, `in ${rate(putRate)}/s, out ${rate(takeRate)}/s`),
  ];
}
