import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { Context, ensureKubeconfig, namespace, pulumiEnvironment } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";

/** Milliseconds within which kubectl must forward the port. */
const startTimeoutMs = 15_000;

/** A port of a pod or a Service, forwarded to this machine. */
export interface Forward {
  /** Port of this machine. */
  readonly port: number;
  /** Returns the last error line of kubectl; empty when it printed none. */
  readonly complaint: () => string;
  readonly stop: () => void;
}

/**
 * Forwards a free port of this machine to a port of `pod/<name>` or `service/<name>`.
 * @param cure next step for a user whose target does not answer
 * @throws Failure when kubectl cannot
 */
export async function forwardPort(context: Context, target: string, port: number, cure: string): Promise<Forward> {
  const kubeconfig = await ensureKubeconfig(context);
  const args = ["--kubeconfig", kubeconfig, "port-forward", `--namespace=${namespace}`, target, `:${port}`];
  // The child ends when this process ends, for any reason.
  const child = execa("kubectl", [...args, "--address=127.0.0.1"], {
    env: pulumiEnvironment(context, process.env),
    stdin: "ignore",
    reject: false,
    buffer: false,
  });
  let complaint = "";
  createInterface({ input: child.stderr }).on("line", (line) => (complaint = line));
  const local = new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  const ended = child.then(() => "kubectl ended");
  const silence = sleep(startTimeoutMs, `kubectl printed nothing for ${startTimeoutMs / 1000} s`, { ref: false });
  const outcome = await Promise.race([local, ended, silence]);
  const stop = () => void child.kill();
  if (typeof outcome === "number") return { port: outcome, complaint: () => complaint, stop };
  stop();
  throw new Failure(`port ${port} of ${target} cannot be reached: ${complaint === "" ? outcome : complaint}`, cure);
}
