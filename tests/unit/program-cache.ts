import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { readLock } from "../../tools/lock";
import { repository } from "../support/repository";

/** Gives the program, during a suite, a cache with the lock file's programs and the base images by name only. */
export function useProgramCache(): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-program-"));
  const earlier = { INAETICS_CACHE: process.env["INAETICS_CACHE"], INAETICS_STATE: process.env["INAETICS_STATE"] };

  before(() => {
    const cache = path.join(folder, "cache");
    fillCache(cache);
    Object.assign(process.env, { INAETICS_CACHE: cache, INAETICS_STATE: folder });
  });
  after(() => {
    for (const [name, value] of Object.entries(earlier)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    fs.rmSync(folder, { recursive: true });
  });
}

function fillCache(cache: string): void {
  const set = path.join(cache, "boxes", "set");
  fs.mkdirSync(set, { recursive: true });
  const tools = readLock(repository);
  fs.writeFileSync(path.join(set, "versions"), tools.map((tool) => `${tool.name}=${tool.version}\n`).join(""));
  fs.symlinkSync("set", path.join(cache, "boxes", "current"));
  fs.mkdirSync(path.join(cache, "images"));
  for (const name of ["nats", "node", "java", "java-build", "c", "c-build", "pause"]) {
    fs.writeFileSync(path.join(cache, "images", `${name}-1.tar`), "");
    fs.symlinkSync(`${name}-1.tar`, path.join(cache, "images", `${name}.tar`));
  }
}
