/**
 * Measures samples per second from producers through processors to the data store, without work, and the latency.
 * Measures raw JetStream too, on the same brokers in the same run. Prints Markdown. Needs a stack that is up. Usage:
 * `node .build/bench/pipeline/main.js [PROCESSORS...]` (1 2 4 8).
 *
 * The stack is this checkout's (INAETICS_STACK, INAETICS_STATE), or the one that four variables name: BENCH_KUBECONFIG
 * (a file), BENCH_DASHBOARD (URL), BENCH_USER and BENCH_PASSWORD (the dashboard's login). Meanwhile the demonstrator's
 * own producers and processors do not run. Afterwards, also after an error or Ctrl-C, all is set back and the bench's
 * objects are removed. It takes six minutes, at most eight. docs/benchmarks.md explains what is measured.
 */
import * as os from "node:os";
import * as path from "node:path";
import { buildSync } from "esbuild";
import { Failure } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { split } from "@inaetics/autoscaling";
import { findAccess, type Access } from "./access";
import { Cluster } from "./cluster";
import { CONTROLLERS, paused, pauseProducers, readBefore, setBack } from "./demonstrator";
import { report, type Stage } from "./figures";
import { AGENTS, agents, client } from "./objects";
import type { PipelineAnswer, PipelineOrder, RawOrder, Throughput } from "./orders";

const PROCESSORS: readonly number[] = [1, 2, 4, 8];
const PRODUCERS = 2;
/** Samples per second of one producer at 100 %: more than brokers on one machine can store. */
const MOST = 3000;
/** Waiting samples: enough for every processor's batches, far fewer than fit. */
const DEPTH = 1500;
/** Seven of the eight minutes; the rest is for tidying up. */
const PATIENCE_MS = 7 * 60_000;
const ORDER_MS = 150_000;

const pipeline: Omit<PipelineOrder, "processors"> = {
  order: "pipeline",
  producers: PRODUCERS,
  most: PRODUCERS * MOST,
  depth: DEPTH,
  warmUpSeconds: 5,
  seconds: 15,
  halfSeconds: 8,
};
/** Has as many puts under way as all producers together, and batches as large as a processor's. */
const raw: RawOrder = {
  order: "raw",
  warmUpSeconds: 4,
  seconds: 10,
  depth: DEPTH,
  window: PRODUCERS * 256,
  batch: 500,
};

/** Measurements so far, which are reported even when the rest fails. */
interface Found {
  readonly raws: Throughput[];
  readonly stages: Stage[];
}

async function main(): Promise<void> {
  const ending = new AbortController();
  const signal = ending.signal;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => ending.abort(new Failure(`ended by ${name}`)));
  }
  const timer = setTimeout(
    () => ending.abort(new Failure(`not done after ${PATIENCE_MS / 60_000} minutes`, "Is the machine busy?")),
    PATIENCE_MS,
  );
  const counts = parseCounts(process.argv.slice(2));
  const access = await findAccess(process.env);
  const cluster = new Cluster(access.kubeconfig, access.path);
  await cluster.remove("rc,pod,configmap");
  const before = await readBefore(access.dashboard, cluster);
  const load = os.loadavg()[0] ?? 0;
  const problems: string[] = [];
  const attempt = async (what: string, done: () => Promise<unknown>): Promise<void> => {
    await done().catch((error: unknown) => problems.push(`${what}: ${messageOf(error)}`));
  };
  const found: Found = { raws: [], stages: [] };
  await attempt("measuring", () =>
    measure(access, cluster, counts, found, signal).catch((error: unknown) => {
      // Cancelled work fails in many ways; the reason of the cancellation is what matters.
      signal.throwIfAborted();
      throw error;
    }),
  );
  if (found.stages.length > 0) console.log(`${report(found.raws, found.stages)}\n\n${machine(load)}`);
  clearTimeout(timer);
  say("tidying up");
  await attempt("removing the agents", () => cluster.remove("rc,pod", ",name"));
  await attempt("removing their data", () => cluster.order({ order: "clean" }, { timeout: 30_000 }));
  await attempt("removing the client", () => cluster.remove("pod,configmap"));
  await attempt("setting back", () => setBack(access.dashboard, before));
  if (problems.length > 0) throw new Failure(problems.join("\n"));
}

function parseCounts(given: readonly string[]): readonly number[] {
  const wrong = given.find((text) => !/^([1-9]|1[0-6])$/.test(text));
  if (wrong !== undefined) throw new Failure(`processors: got "${wrong}"; allowed: whole numbers from 1 to 16`);
  return given.length === 0 ? PROCESSORS : given.map(Number);
}

/** Makes raw runs before, between and after the stages, so that changes of the machine's speed show. */
async function measure(
  { dashboard }: Access,
  cluster: Cluster,
  counts: readonly number[],
  { raws, stages }: Found,
  signal: AbortSignal,
): Promise<void> {
  say("starting");
  await start(cluster, signal);
  await pauseProducers(dashboard);
  await cluster.order({ order: "pause" }, { signal });
  await paused(cluster, signal);
  for (const processors of counts) {
    raws.push(await measureRaw(cluster, signal));
    const { felix, celix } = split(processors);
    await cluster.scale(AGENTS.felix, felix, signal);
    await cluster.scale(AGENTS.celix, celix, signal);
    await cluster.ready(1 + PRODUCERS + processors, signal);
    const order: PipelineOrder = { ...pipeline, processors };
    const answer = await cluster.order<PipelineAnswer>(order, { signal, timeout: ORDER_MS });
    say(`${processors} processors: ${Math.round(answer.perSecond)} samples/s`);
    stages.push({ felix, celix, answer });
  }
  raws.push(await measureRaw(cluster, signal));
}

async function measureRaw(cluster: Cluster, signal: AbortSignal): Promise<Throughput> {
  const answer = await cluster.order<Throughput>(raw, { signal, timeout: ORDER_MS });
  say(`raw: ${Math.round(answer.perSecond)} messages/s`);
  return answer;
}

/** Starts the bench's own agents, with the demonstrator's images and bundles, and its client. */
async function start(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { producers, processors } = CONTROLLERS;
  const [viewer, producer, felix, celix] = await Promise.all(
    [CONTROLLERS.viewer, producers.celix, processors.felix, processors.celix].map((name) =>
      cluster.controller(name, signal),
    ),
  );
  if (!viewer || !producer || !felix || !celix) throw new Failure("the demonstrator is not there", "Run: ./cluster up");
  const noWork = { PROCESSOR_WORK_MS: "0" };
  const objects = [
    ...client(viewer, clientScript()),
    // The Celix producer costs the machine less, which leaves more for the brokers and processors.
    agents(AGENTS.producers, producer, { PRODUCER_MAX_RATE: String(MOST) }),
    agents(AGENTS.felix, felix, noWork),
    agents(AGENTS.celix, celix, noWork),
  ];
  await cluster.create(objects, signal);
  await cluster.scale(AGENTS.producers, PRODUCERS, signal);
  await cluster.ready(1 + PRODUCERS, signal);
}

/** Bundles the client with everything that it uses, as one script. */
function clientScript(): string {
  // Compiled to <root>/.build/bench/pipeline/main.js.
  const root = path.resolve(__dirname, "..", "..", "..");
  const built = buildSync({
    entryPoints: [path.join(root, "bench", "pipeline", "client", "main.ts")],
    absWorkingDir: root,
    bundle: true,
    write: false,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  });
  const text = built.outputFiles[0]?.text;
  if (text === undefined) throw new Failure("the bundler made no script");
  return text;
}

function machine(load: number): string {
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const system = `${os.cpus().length} x ${cpu}, ${memory} GiB, ${os.type()} ${os.release()}`;
  return `${system}; load ${load.toFixed(1)} before; ${PRODUCERS} producers (Celix); ${DEPTH} samples waiting.`;
}

function say(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

main()
  .catch((error: unknown) => {
    console.error(messageOf(error), error instanceof Failure && error.cure !== undefined ? `\n${error.cure}` : "");
    process.exitCode = 1;
  })
  .finally(() => process.exit());
