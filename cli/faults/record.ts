import * as fs from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";
import type { Context } from "@inaetics/stack";
import { writeAtomically } from "@inaetics/workstation";

const activeSchema = z.object({
  id: z.string(),
  name: z.string(),
  target: z.string(),
  /** ms since 1970. */
  from: z.number(),
  to: z.number(),
  /** Command of this machine that ends it; absent when boxes end it. */
  heal: z.optional(z.string()),
});

/** A fault that lasts, as recorded on this machine. The box or this machine ends it without the record's help. */
export type ActiveFault = Readonly<z.infer<typeof activeSchema>>;

function folder(context: Context): string {
  return path.join(context.run, "faults");
}

/** File of a recorded fault. A timer of this machine ends the fault only while the file exists. */
export function recordFile(context: Context, id: string): string {
  return path.join(folder(context), `${id}.json`);
}

export function writeRecord(context: Context, fault: ActiveFault): void {
  fs.mkdirSync(folder(context), { recursive: true, mode: 0o700 });
  writeAtomically(recordFile(context, fault.id), JSON.stringify(fault), 0o600);
}

export function removeRecord(context: Context, id: string): void {
  fs.rmSync(recordFile(context, id), { force: true });
}

/** Returns the faults that are active, and forgets those that have ended by themselves. */
export function activeFaults(context: Context, now = Date.now()): readonly ActiveFault[] {
  const files = fs.existsSync(folder(context)) ? fs.readdirSync(folder(context)) : [];
  const found = files
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => readRecord(path.join(folder(context), file)));
  for (const each of found.filter(({ to }) => to <= now)) removeRecord(context, each.id);
  return found.filter(({ to }) => to > now).sort((a, b) => a.from - b.from);
}

/** Describes an active fault: `partition of node-1, 12 s left`. Pure. */
export function describeFault({ name, target, to }: ActiveFault, now = Date.now()): string {
  return `${name} of ${target}, ${Math.max(0, Math.ceil((to - now) / 1000))} s left`;
}

function readRecord(file: string): readonly ActiveFault[] {
  try {
    const read = z.safeParse(activeSchema, JSON.parse(fs.readFileSync(file, "utf8")));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}
