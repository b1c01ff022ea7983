import * as fs from "node:fs";

/** Makes or changes a symbolic link in one step. Does nothing when it already has the right target. */
export function replaceLink(link: string, target: string): void {
  const stat = fs.lstatSync(link, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() && fs.readlinkSync(link) === target) return;
  const partial = `${link}.${process.pid}`;
  fs.rmSync(partial, { force: true });
  fs.symlinkSync(target, partial);
  fs.renameSync(partial, link);
}

/** Writes a file that other processes see whole or not at all. */
export function writeAtomically(file: string, text: string, mode = 0o644): void {
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, text, { mode });
  fs.renameSync(partial, file);
}
