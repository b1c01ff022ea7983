/**
 * Runs each policy against each load and prints tables in Markdown: `node .build/bench/autoscaling/main.js`. All
 * figures but the time that it took are the same at each run. Each figure is the worst of four runs, which have the
 * load's changes at different places between two polls.
 */
import * as os from "node:os";
import { contenders } from "./contenders";
import { measurePerformance, worst, type Figures } from "./performance";
import { loads, type Load } from "./loads";
import { simulate } from "./simulate";

const PHASES = [1, 4, 6, 9];

const columns: readonly { readonly title: string; readonly of: (figures: Figures) => number | null }[] = [
  { title: "first action (s)", of: (figures) => figures.firstAction },
  { title: "overshoot", of: (figures) => figures.overshoot },
  { title: "stable after (s)", of: (figures) => figures.stable },
  { title: "back at 1 after (s)", of: (figures) => figures.back },
  { title: "rejected", of: (figures) => figures.rejected },
  { title: "processor-seconds", of: (figures) => figures.processorSeconds },
  { title: "turns", of: (figures) => figures.turns },
  { title: "turns in a step", of: (figures) => figures.turnsInStep },
];

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(load: Load): string {
  const steps = load.changes.length > 0;
  const shown = steps ? columns : columns.filter(({ title }) => !/ after | action|in a step/.test(title));
  const lines = contenders.map(({ name, ...contender }) => {
    const figures = worst(PHASES.map((phase) => measurePerformance(simulate({ name, ...contender }, load, phase))));
    return row([name, ...shown.map(({ of }) => String(of(figures) ?? "-"))]);
  });
  const head = row([load.name, ...shown.map(({ title }) => title)]);
  return [head, row([":--", ...shown.map(() => "--:")]), ...lines].join("\n");
}

const started = process.hrtime.bigint();
for (const load of loads) console.log(`${table(load)}\n`);
const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000;
const cpu = os.cpus()[0]?.model.trim() ?? "unknown processor";
const memory = Math.round(os.totalmem() / 2 ** 30);
console.log(
  `${os.cpus().length} x ${cpu}, ${memory} GiB, ${os.type()} ${os.release()}, Node ${process.version}; ${seconds.toFixed(1)} s`,
);
