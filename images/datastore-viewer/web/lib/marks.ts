/** What happened, as marks on a chart: a line at the moment, and on top of it what it was. */
import type uPlot from "uplot";
import type { StoredEvent } from "./live";

export interface Mark {
  /** Seconds since 1970. */
  readonly at: number;
  readonly text: string;
  /** Name of the colour in the style sheet. */
  readonly colour: string;
}

/** Pixels that a text on top takes at least. */
const ROOM = 40;

/** The marks of what changed something; decisions that changed nothing have none. */
export function marksOf(events: readonly StoredEvent[]): readonly Mark[] {
  return events.flatMap((event): readonly Mark[] => {
    const mark = markOf(event);
    return mark === undefined ? [] : [{ at: event.time / 1000, ...mark }];
  });
}

function markOf({ kind, from, to, reason }: StoredEvent): Omit<Mark, "at"> | undefined {
  const change = from === undefined || to === undefined ? "" : `${total(from)}→${total(to)}`;
  switch (kind) {
    case "scaled":
      return { text: `${change !== "" && total(to) < total(from) ? "▼" : "▲"} ${change}`, colour: "--mark" };
    case "mode":
      return { text: "✎ mode", colour: "--celix" };
    case "producers":
      return { text: `✎ ${change}`, colour: "--celix" };
    case "rate":
      return { text: `✎ ${/(\d+) %$/.exec(reason)?.[1] ?? "rate"} %`, colour: "--celix" };
    case "overload":
      return { text: "✕ full", colour: "--bad" };
    case "recovered":
      return { text: "✓", colour: "--good" };
    case "moved":
      return { text: "⇄ moved", colour: "--wait" };
    default:
      return undefined;
  }
}

function total(kinds: StoredEvent["to"]): number {
  return kinds === undefined ? 0 : kinds.felix + kinds.celix;
}

export function drawMarks(plot: uPlot, marks: readonly Mark[], colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const { min = 0, max = 0 } = plot.scales["x"] ?? {};
  const scale = devicePixelRatio;
  let free = -Infinity;
  ctx.save();
  ctx.font = `600 ${11 * scale}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  for (const mark of marks) {
    if (mark.at < (min ?? 0) || mark.at > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    ctx.strokeStyle = ctx.fillStyle = colour(mark.colour);
    ctx.lineWidth = scale;
    ctx.setLineDash([3 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // Texts of what happens close together would cover each other.
    if (x < free) continue;
    const width = ctx.measureText(mark.text).width;
    const left = x + width + 4 * scale > bbox.left + bbox.width ? x - width - 4 * scale : x + 4 * scale;
    ctx.fillText(mark.text, left, bbox.top + 2 * scale);
    free = x + Math.max(ROOM * scale, width + 8 * scale);
  }
  ctx.restore();
}
