/// <reference lib="dom" />
/** Marks of events on a chart: a line at the moment, and a text on top of it. */
import type uPlot from "uplot";
import type { StoredEvent } from "./live";

export interface Mark {
  /** Seconds since 1970. */
  readonly at: number;
  readonly text: string;
  /** Name of the colour in the style sheet. */
  readonly colour: string;
}

/** Rows of text on top of a chart. */
const ROWS = 4;

/** Marks of the events that changed something; decisions that changed nothing have none. */
export function marksOf(events: readonly StoredEvent[]): readonly Mark[] {
  return events.flatMap((event): readonly Mark[] => {
    const mark = markOf(event);
    return mark === undefined ? [] : [{ at: event.time / 1000, ...mark }];
  });
}

function markOf({ kind, from, to, reason, node = "" }: StoredEvent): Omit<Mark, "at"> | undefined {
  const change = from === undefined || to === undefined ? "" : `${total(from)}→${total(to)}`;
  switch (kind) {
    case "scaled":
      return { text: `${arrow(total(from), total(to))} ${change}`, colour: "--mark" };
    case "mode":
      return { text: "✎ mode", colour: "--celix" };
    case "producers":
      return { text: `✎ ${change}`, colour: "--celix" };
    case "rate":
      return { text: `✎ ${/(\d+) %$/.exec(reason)?.[1] ?? "rate"} %`, colour: "--celix" };
    case "overload":
      return { text: "✕ refused", colour: "--bad" };
    case "recovered":
      return { text: "✓", colour: "--good" };
    case "moved":
      return { text: "⇄ moved", colour: "--wait" };
    case "upgrade-began":
      return { text: `⇧ ${node}`, colour: "--wait" };
    case "upgrade-ended":
      return { text: `✓ ${node}`, colour: "--good" };
    default:
      return undefined;
  }
}

/** Arrow for more, fewer, or as many of other kinds. */
export function arrow(from: number, to: number): string {
  return to > from ? "▲" : to < from ? "▼" : "⇅";
}

export function total(kinds: StoredEvent["to"]): number {
  return kinds === undefined ? 0 : kinds.felix + kinds.celix;
}

export function drawMarks(plot: uPlot, marks: readonly Mark[], colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales["x"] ?? {};
  const scale = devicePixelRatio;
  const rows = Array.from({ length: ROWS }, () => -Infinity);
  ctx.save();
  ctx.font = `600 ${11 * scale}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.lineWidth = scale;
  ctx.setLineDash([3 * scale, 3 * scale]);
  let last = "";
  for (const { at, text, colour: tone } of marks) {
    // Equal marks of one moment, such as those of all pods of a box, are drawn once.
    const same = `${Math.round(at)} ${text}`;
    if (same === last || at < (min ?? 0) || at > (max ?? 0)) continue;
    last = same;
    const x = Math.round(plot.valToPos(at, "x", true));
    ctx.strokeStyle = ctx.fillStyle = colour(tone);
    ctx.beginPath();
    // A line of one pixel is sharp in the middle of a pixel.
    ctx.moveTo(x + scale / 2, bbox.top);
    ctx.lineTo(x + scale / 2, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width;
    const fits = x + 4 * scale + width <= bbox.left + bbox.width;
    const left = fits ? x + 4 * scale : x - 4 * scale - width;
    // Leaves out a text that would cover another one; the log contains it.
    const row = rows.findIndex((free) => free < left);
    if (row === -1) continue;
    writeOver(ctx, text, left, bbox.top + (2 + row * 14) * scale, colour("--card"));
    rows[row] = left + width + 2 * scale;
  }
  ctx.restore();
}

/** Writes text with a rim in the background colour, which keeps it readable over lines. */
function writeOver(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, ground: string): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = ground;
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.restore();
  ctx.fillText(text, x, y);
}
