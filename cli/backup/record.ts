import * as fs from "node:fs";
import * as path from "node:path";
import { Context, readText } from "@inaetics/stack";
import { writeAtomically } from "@inaetics/workstation";
import * as z from "zod/mini";
import { backupFolder, recordSchema, type BackupRecord } from "./names";

function recordFile(context: Context): string {
  return path.join(backupFolder(process.env, context.cluster), "record.json");
}

/** Reads the record of a stack's backups. A file that cannot be read counts as empty: the next backup writes it again. */
export function readRecord(context: Context): BackupRecord {
  try {
    return z.parse(recordSchema, JSON.parse(readText(recordFile(context)) ?? "{}"));
  } catch {
    return {};
  }
}

/** Writes these facts and keeps the others. A fact that is undefined is removed. */
export function updateRecord(
  context: Context,
  facts: { readonly [K in keyof BackupRecord]: BackupRecord[K] | undefined },
): void {
  const file = recordFile(context);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeAtomically(file, `${JSON.stringify({ ...readRecord(context), ...facts }, null, 2)}\n`, 0o600);
}
