/// <reference lib="dom" />
/** Chart over time: lines, marks of events, and the figures under the pointer. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- its types say that it is a CommonJS module
import uPlot = require("uplot");
import { clock, h, patch } from "@inaetics/web";
import { drawMarks, type Mark } from "./marks";
import { roundTop, type Past } from "./past";

/** Seconds since 1970. */
export type Span = readonly [from: number, to: number];

export interface ChartLine {
  readonly name: string;
  readonly label: string;
  /** Name of the colour in the style sheet. */
  readonly colour: string;
}

export interface ChartOptions {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly write: (value: number | null | undefined) => string;
  /** End of the axis. Without it, the axis ends above the largest value and not below `least`. */
  readonly top?: number;
  readonly least?: number;
  /** Height in pixels. */
  readonly height: number;
  /** Called when the user asks for another span; undefined is the whole range up to now. */
  readonly onSpan: (span: Span | undefined) => void;
}

/** Shortest span that can be shown, in seconds. */
const SHORTEST = 10;
const dark = matchMedia("(prefers-color-scheme: dark)");

export class Chart {
  private readonly plot: uPlot;
  private past: Past = { times: [], step: 1, lines: [] };
  private span: Span = [0, 1];
  private marks: readonly Mark[] = [];
  private readonly caption = document.createElement("figcaption");
  private readonly frame = document.createElement("div");
  private readonly resized: ResizeObserver;
  private readonly recolour = (): void => this.plot.redraw(false, true);

  constructor(
    host: HTMLElement,
    private readonly options: ChartOptions,
  ) {
    this.frame.className = "chart";
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "img");
    this.frame.onkeydown = (event) => this.key(event);
    host.append(this.caption, this.frame);
    this.plot = new uPlot(this.plotOptions(), [[], ...options.lines.map(() => [])], this.frame);
    this.resized = new ResizeObserver(() =>
      this.plot.setSize({ width: Math.max(120, this.frame.clientWidth), height: options.height }),
    );
    this.resized.observe(this.frame);
    dark.addEventListener("change", this.recolour);
  }

  show(past: Past, span: Span, marks: readonly Mark[] = []): void {
    [this.past, this.span, this.marks] = [past, span, marks];
    const lines = this.options.lines.map(({ name }) => past.lines.find((each) => each.name === name)?.values ?? []);
    this.plot.setData([[...past.times], ...lines.map((values) => past.times.map((_, index) => values[index] ?? null))]);
    this.read();
  }

  /** Releases the chart's resources; the caller removes its element from the page. */
  end(): void {
    this.resized.disconnect();
    dark.removeEventListener("change", this.recolour);
    this.plot.destroy();
  }

  private plotOptions(): uPlot.Options {
    const { lines, height, write } = this.options;
    const [ink, grid] = [() => colour("--soft"), () => colour("--grid")];
    const axis = {
      stroke: ink,
      font: "12px system-ui, sans-serif",
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
    };
    const values = (_: uPlot, splits: number[], _axis: number, _space: number, step: number): string[] =>
      splits.map((at) => clock(at * 1000, Date.now(), step < 60 ? "seconds" : "minutes"));
    return {
      width: 300,
      height,
      legend: { show: false },
      padding: [10, 12, 0, 0],
      pxAlign: 1,
      scales: { x: { time: true, range: () => [...this.span] }, y: { range: () => [0, this.top()] } },
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => null },
      },
      axes: [
        { ...axis, values, space: 80, size: 24, gap: 6 },
        {
          ...axis,
          size: 58,
          splits: () => [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => share * this.top()),
          values: (_, splits) => splits.map((each) => write(each).replace(/\.0(?= |$)/, "")),
        },
      ],
      series: [
        {},
        ...lines.map((line, index) => ({
          stroke: () => colour(line.colour),
          width: 2,
          points: { size: 5, filter: alone },
          ...(index === 0 ? { fill: () => `${colour(line.colour)}22` } : { dash: [6, 3] }),
        })),
      ],
      hooks: {
        draw: [(plot) => drawMarks(plot, this.marks, colour)],
        setCursor: [() => this.read()],
        setSelect: [(plot) => this.select(plot)],
      },
    };
  }

  private top(): number {
    const { top, least = 1, lines } = this.options;
    if (top !== undefined) return top;
    const names = lines.map((each) => each.name);
    return roundTop(
      this.past.lines.filter(({ name }) => names.includes(name)).flatMap(({ values }) => values),
      least,
    );
  }

  /** Writes the figures under the pointer, or else the newest. */
  private read(): void {
    const { title, lines, write } = this.options;
    const { times } = this.past;
    // The plot already calls its hooks while it is being created.
    const at = (this.plot as uPlot | undefined)?.cursor.idx;
    const pointed = typeof at === "number" && times[at] !== undefined;
    const index = pointed ? at : times.length - 1;
    const figures = lines.map(({ name, label, colour: tone }) => {
      const value = this.past.lines.find((each) => each.name === name)?.values[index];
      return { label, tone, text: write(value) };
    });
    const items = figures.map(({ label, tone, text }) =>
      h("span", { class: "key" }, h("i", { class: tone.slice(2) }), lines.length > 1 && `${label} `, h("b", {}, text)),
    );
    const when = pointed ? clock((times[at] ?? 0) * 1000, Date.now()) : "newest";
    patch(this.caption, [h("h3", {}, title), ...items, h("span", { class: "when" }, when)]);
    if (pointed) return;
    const label = `Chart of ${title}. Newest: ${figures.map((each) => `${each.label} ${each.text}`).join(", ")}.`;
    this.frame.setAttribute(
      "aria-label",
      `${label} Arrow keys move, plus and minus zoom, Escape shows the whole range.`,
    );
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 8) return;
    const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.ask(from, to);
  }

  private ask(from: number, to: number): void {
    const wider = Math.max(0, (SHORTEST - (to - from)) / 2);
    this.options.onSpan([from - wider, to + wider]);
  }

  private key(event: KeyboardEvent): void {
    const [from, to] = this.span;
    const [length, middle] = [to - from, (from + to) / 2];
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.ask(from - length / 4, to - length / 4),
      ArrowRight: () => this.ask(from + length / 4, to + length / 4),
      "+": () => this.ask(middle - length / 4, middle + length / 4),
      "-": () => this.ask(middle - length, middle + length),
      Escape: () => this.options.onSpan(undefined),
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }
}

/** Returns the points without a neighbour. No line leads to them, so that they need a dot. */
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const known = (index: number): boolean => typeof values[index] === "number";
  return [...values.keys()].filter((index) => known(index) && !known(index - 1) && !known(index + 1));
}

/** Returns a colour of the style sheet in the present light or dark scheme. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
