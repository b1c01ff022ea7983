/** Loss by a removal, as shown before the question. */
import { Context, readStats } from "@inaetics/stack";
import { DockerObject, namesOf } from "../ownership/objects";
import { dashboardOf } from "../ownership/resources";
import type { Removal } from "./removal";

/** Milliseconds for the dashboard's figures, which may be away. */
const figuresDeadline = 1500;

export interface Losses {
  readonly objects: readonly DockerObject[];
  /** Numbers of stored results and of waiting samples; undefined when the dashboard does not answer. */
  readonly figures: { readonly results: number | null; readonly waiting: number | null } | undefined;
}

/** Reads the losses of a removal of the whole cluster. Never fails because of the dashboard. */
export async function readLosses(context: Context, objects: readonly DockerObject[]): Promise<Losses> {
  const dashboard = dashboardOf(context);
  const isUp = objects.some(({ state }) => state === "running");
  if (dashboard === undefined || !isUp) return { objects, figures: undefined };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), figuresDeadline);
  });
  const stats = readStats(dashboard).then(
    ({ results, queue }) => ({ results, waiting: queue?.depth ?? null }),
    () => undefined,
  );
  const figures = await Promise.race([stats, late]);
  clearTimeout(timer);
  return { objects, figures };
}

/** Describes a removal in lines. Pure. */
export function describeRemoval(stack: string, { objects, figures }: Losses, { kind, args }: Removal): string {
  if (kind === "part") return `This removes a part of stack ${stack}: pulumi destroy ${args.join(" ")}\n`;
  const boxes = objects.filter((object) => object.kind === "container").map(({ name, state }) => `${name} (${state})`);
  const volumes = namesOf(objects, "volume");
  const rows: readonly (readonly [string, string])[] = [
    ["boxes", boxes.join(", ") || "none"],
    ["volumes", volumes.length === 0 ? "none" : `${volumes.length}, with all data of the boxes: ${volumes.join(", ")}`],
    ["networks", namesOf(objects, "network").join(", ") || "none"],
    ["data", figures === undefined ? "unknown, because the dashboard does not answer" : describeFigures(figures)],
  ];
  const how = kind === "boxes" ? ", without Pulumi, and empties its state" : "";
  return `This removes stack ${stack} for good${how}:\n${rows.map(([name, text]) => `  ${name.padEnd(9)} ${text}\n`).join("")}`;
}

function describeFigures({ results, waiting }: NonNullable<Losses["figures"]>): string {
  return `${results ?? "an unknown number of"} results, ${waiting ?? "an unknown number of"} samples in the queue`;
}
