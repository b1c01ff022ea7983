/**
 * The rule for the cache folder: once in TypeScript, once in the launcher, and the same in both. Scripts without the
 * folder say so. Does not prove that every script uses the folder that it gets.
 */
import { cacheFolder } from "@inaetics/workstation";
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { ownFiles, readSource, repository } from "../support/repository";

/** Lists the own files whose text matches, among those of a language. */
function filesWith(rule: RegExp, isOfLanguage: (name: string) => boolean): readonly string[] {
  return ownFiles().filter((name) => isOfLanguage(name) && rule.test(readSource(name)));
}

const isScript = (name: string): boolean => /\.[jt]s$|\.mjs$/.test(name);
const isShell = (name: string): boolean =>
  !/\.(md|json|png|yaml)$/.test(name) && (/\.sh$/.test(name) || /^#!.*sh\b/.test(readSource(name)));

describe("the cache folder", () => {
  it("has its rule once in TypeScript and once in the shell", () => {
    const variable = "XDG_" + "CACHE_HOME";
    expect(filesWith(new RegExp(`["'.]${variable}\\b(?! )`), isScript)).to.deep.equal([
      "packages/workstation/folders.ts",
    ]);
    expect(filesWith(new RegExp(`${variable}|[$~][^ ]*/\\.cache`), isShell)).to.deep.equal(["cluster"]);
  });

  it("is the same for the launcher and for TypeScript", () => {
    const line = /^export INAETICS_CACHE=.*$/m.exec(readSource("cluster"))?.[0] ?? "";
    for (const environment of [
      {},
      { XDG_CACHE_HOME: "/caches" },
      { XDG_CACHE_HOME: "" },
      { XDG_CACHE_HOME: "/caches", INAETICS_CACHE: "/own folder" },
      { XDG_CACHE_HOME: "/caches", INAETICS_CACHE: "" },
    ]) {
      const shell = spawnSync("sh", ["-c", `${line}; printf %s "$INAETICS_CACHE"`], {
        env: { HOME: homedir(), ...environment },
        encoding: "utf8",
      });
      expect(shell.stdout, JSON.stringify(environment)).to.equal(cacheFolder(environment));
    }
  });

  it("is asked for by each script that was started without it", () => {
    const cure = 'eval "$(./cluster env)"';
    // A nats-server of the machine itself needs no cache.
    const broker = existsSync("/usr/bin/nats-server") ? [] : ["images/broker/test"];
    for (const script of ["vagrant/box/build", "vagrant/box/debian", "images/base/build", ...broker]) {
      const outcome = spawnSync(path.join(repository, script), { env: { PATH: "/usr/bin:/bin" }, encoding: "utf8" });
      expect(outcome.status, script).to.equal(1);
      expect(outcome.stderr, script)
        .to.match(/INAETICS_CACHE|nats-server/)
        .and.include(cure);
    }
  });
});
