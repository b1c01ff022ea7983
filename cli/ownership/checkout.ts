/**
 * Ids of checkouts. Each stack of a checkout has a random one in the state folder, which moves with the folder. Boxes,
 * networks and volumes have it as a label. The cache records the place of each checkout.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { Context, readLine, readText, statePaths } from "@inaetics/stack";
import { writeAtomically } from "@inaetics/workstation";
import * as z from "zod/mini";
import type { Home } from "./verdict";

const placeSchema = z.object({ project: z.string(), state: z.string() });

/** Folders of a checkout. */
type Place = z.infer<typeof placeSchema>;

/** Returns this checkout's id for the stack; empty when it has none. */
export function checkoutId(context: Context): string {
  return readLine(statePaths.checkout(context)) ?? "";
}

/** Records this checkout's place, unless it is recorded. */
export function recordPlace(context: Context): void {
  const id = checkoutId(context);
  if (id === "") return;
  const place: Place = { project: context.root, state: context.state };
  const file = placeFile(context, id);
  const text = `${JSON.stringify(place)}\n`;
  if (readText(file) === text) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeAtomically(file, text);
}

/** Forgets this checkout's place, because the stack has no boxes any more. */
export function forgetPlace(context: Context): void {
  const id = checkoutId(context);
  if (id !== "" && readPlace(placeFile(context, id))?.state === context.state) {
    fs.rmSync(placeFile(context, id), { force: true });
  }
}

/** Finds the folder of a living checkout: the recorded one, or the one of a label, whose state has the id. */
export function homeOf(context: Context): Home {
  return (id, folder) => {
    const project = path.dirname(folder);
    // Earlier versions made no ids: their folder alone counts.
    if (id === "") return folder !== "" && fs.existsSync(folder) ? project : undefined;
    const labelled: Place = { project, state: path.join(project, ".state") };
    const places = [readPlace(placeFile(context, id)), folder === "" ? undefined : labelled];
    const home = places.find((place) => place !== undefined && hasId(context, place, id));
    return home?.project;
  };
}

function hasId(context: Context, { state }: Place, id: string): boolean {
  return readLine(statePaths.checkout({ ...context, state })) === id;
}

function placeFile(context: Context, id: string): string {
  return path.join(context.cache, "checkouts", path.basename(id));
}

function readPlace(file: string): Place | undefined {
  try {
    return z.parse(placeSchema, JSON.parse(readText(file) ?? ""));
  } catch {
    return undefined;
  }
}
