import { table } from "@inaetics/base";
import type { Context } from "@inaetics/stack";
import { createProgress } from "@inaetics/workstation";
import { catalogue, limits } from "./catalogue";
import { healFaults, injectFault, readScene } from "./inject";
import { resumeLoad } from "./load";
import { parseSeconds } from "./plan";
import { activeFaults, describeFault } from "./record";
import type { Scene } from "./scene";

/** Options of `./cluster fault inject`. */
export interface InjectOptions {
  readonly target?: string;
  readonly for?: string;
}

/** Prints all faults with their targets in this cluster, and those that are active. */
export async function listFaults(context: Context, json: boolean): Promise<void> {
  const rows = describeCatalogue(await readScene(context));
  const active = activeFaults(context);
  if (json) {
    process.stdout.write(`${JSON.stringify({ faults: rows, active }, null, 2)}\n`);
    return;
  }
  const cells = rows.map(({ name, lasts, about, refused, targets }) => [name, lasts, about, refused ?? targets]);
  process.stdout.write(`${table(cells)}\n${active.map((each) => `active: ${describeFault(each)}\n`).join("")}`);
}

/** Row of a fault. */
export interface FaultRow {
  readonly name: string;
  readonly about: string;
  readonly lasts: string;
  readonly targets: string;
  /** Reason why this cluster cannot have it. */
  readonly refused?: string;
}

/** Returns a row for each fault. Pure. */
export function describeCatalogue(scene: Scene): readonly FaultRow[] {
  return catalogue.map(({ name, about, seconds, targets, refusal }) => {
    const refused = refusal?.(scene);
    const own = {
      name,
      about,
      lasts: seconds === null ? "a moment" : `${seconds} s`,
      targets: targets(scene).join(" "),
    };
    return refused === undefined ? own : { ...own, refused: `refused: ${refused}` };
  });
}

/** Injects a fault and reports its end. */
export async function inject(context: Context, name: string, options: InjectOptions): Promise<void> {
  const seconds = options.for === undefined ? undefined : parseSeconds(options.for);
  const scene = await readScene(context);
  const injected = await injectFault(context, scene, name, options.target, seconds);
  const limit = limits[injected.fault.recovery(injected.target)];
  const end =
    injected.seconds === null
      ? "It lasts a moment."
      : `It ends by itself in ${injected.seconds} s; sooner: ./cluster --stack ${context.stack} fault heal`;
  process.stdout.write(`${name} of ${injected.target} is injected. ${end}\nExpected recovery: ${limit} s.\n`);
}

/** Ends all faults, and the pause of a verification that was killed. */
export async function heal(context: Context): Promise<void> {
  await healFaults(context, createProgress());
  await resumeLoad(context);
  process.stdout.write("No fault is active.\n");
}
