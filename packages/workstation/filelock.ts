import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "./failure";
import { Progress } from "./progress";

/**
 * Runs `work` while holding the lock of `file`. Another process that wants the lock waits, and reports which process
 * holds it. The kernel keeps the lock (flock) for a helper process that always ends with this one. No lock outlives its
 * owner.
 */
export async function withFileLock<T>(
  file: string,
  purpose: string,
  progress: Progress,
  work: () => Promise<T>,
): Promise<T> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const holder = `${file}.holder`;
  const release = await acquire(file, () => {
    const other = fs.existsSync(holder) ? fs.readFileSync(holder, "utf8").trim() : "another process";
    progress.note(`waiting: ${other} works on ${purpose}`);
  });
  try {
    fs.writeFileSync(holder, `process ${process.pid}\n`);
    return await work();
  } finally {
    release();
  }
}

function acquire(file: string, onWait: () => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    // Runs in its own session, so that Ctrl-C does not release the lock before this process has stopped.
    const helper = spawn("flock", [file, "sh", "-c", "echo held; exec cat >/dev/null"], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    const waiting = setTimeout(onWait, 500);
    const repeat = setInterval(onWait, 10_000);
    const settle = () => {
      clearTimeout(waiting);
      clearInterval(repeat);
    };
    helper.once("error", (error) => {
      settle();
      reject(new Failure(`flock cannot be started: ${error.message}`, "Run: apt-get install util-linux"));
    });
    helper.once("exit", (code) => {
      settle();
      reject(
        new Failure(
          `${file} cannot be locked: flock ended with ${code ?? "a signal"}`,
          "Check that this user may write that file.",
        ),
      );
    });
    helper.stdout.once("data", () => {
      settle();
      helper.removeAllListeners("exit");
      resolve(() => {
        helper.stdin.end();
        helper.unref();
      });
    });
  });
}
