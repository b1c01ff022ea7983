/** Runs one TypeScript service on loopback and starts it again after each change of its sources: `npm run serve NAME`. */
import { messageOf } from "@inaetics/base";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "..", "..");

/** Time without a further change after which the service starts again, because editors write several files at once. */
const SETTLE_MS = 200;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a plain script, not a part of the build
const bundler = require(path.join(root, "tools", "bundle.js")) as {
  readonly bundle: (name: string) => string;
  readonly bundledImages: () => readonly string[];
};

function serve(name: string): void {
  let running: ChildProcess | undefined;
  const stop = (): Promise<unknown> => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    const ended = once(child, "exit");
    child.kill();
    return ended;
  };
  const start = async (): Promise<void> => {
    // The new process needs the port of the old one.
    await stop();
    try {
      const main = path.join(bundler.bundle(name), "main.js");
      running = spawn(process.execPath, ["--enable-source-maps", main], {
        env: { HTTP_HOST: "127.0.0.1", ...process.env },
        stdio: "inherit",
      });
    } catch (error) {
      // The service starts after the change that corrects a source that does not compile.
      process.stderr.write(`${messageOf(error)}\n`);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stop().then(() => process.exit()));
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void start(), SETTLE_MS);
  };
  for (const folder of [path.join("images", name, "src"), path.join("images", name, "web"), "packages"]) {
    const place = path.join(root, folder);
    if (fs.existsSync(place)) fs.watch(place, { recursive: true }, changed);
  }
  void start();
}

const [name = ""] = process.argv.slice(2);
if (bundler.bundledImages().includes(name)) serve(name);
else {
  process.stderr.write(`serve: got "${name}"; allowed: ${bundler.bundledImages().join(", ")}\n`);
  process.exitCode = 2;
}
