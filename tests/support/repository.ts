import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";

/** Absolute path of the project; compiled tests are in its `.build/tests`. */
export const repository = path.resolve(__dirname, "..", "..", "..");

/** Reads a file of the project. */
export function readSource(name: string): string {
  return readFileSync(path.join(repository, name), "utf8");
}

/** Lists the project's own files that match a pattern of git, such as `*.ts`, committed or not. */
export function ownFiles(pattern = "*"): readonly string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", pattern];
  const names = execFileSync("git", args, { cwd: repository, encoding: "utf8" }).split("\0");
  return names.filter((name) => name !== "" && existsSync(path.join(repository, name)));
}
