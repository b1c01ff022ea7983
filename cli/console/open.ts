import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { AgentPod, agentPods, groups, PodObject, selectorOf } from "../agents/pods";
import { interact, runLines, ShellConnection } from "./session";
import { Context, pulumiEnvironment, ensureKubeconfig, getObjects, namespace } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { matching } from "../pods/choose";
import { type AgentKind } from "@inaetics/model";

/** Ports of the agents' shells inside their pods: gogo's telnet, and Celix's. */
const shellPorts: Readonly<Record<AgentKind, number>> = { felix: 2019, celix: 6666 };

/**
 * Connects this terminal to an agent's shell, or runs the lines of standard input there.
 * @param word name of a pod, its beginning, or a part of it
 */
export async function consoleOf(context: Context, word: string): Promise<void> {
  const selector = `--selector=${selectorOf(groups.map(({ role }) => role))}`;
  const pods = agentPods(await getObjects<PodObject>(context, ["pods", `--namespace=${namespace}`, selector]));
  const { pod, kind } = choosePod(pods, word);
  const forward = await forwardPort(context, pod, shellPorts[kind]);
  try {
    const socket = connect(forward.port, "127.0.0.1");
    const shell = new ShellConnection(socket);
    if (process.stdin.isTTY) {
      process.stderr.write(`${kind} shell of ${pod}; Ctrl-D leaves it\n`);
      await interact(shell, process.stdin, process.stdout);
    } else {
      await runLines(shell, process.stdin, process.stdout);
    }
    shell.close();
  } catch (error) {
    const said = forward.complaint() === "" ? "" : `; kubectl says: ${forward.complaint()}`;
    throw new Failure(`the shell of ${pod} broke off: ${messageOf(error)}${said}`, `Run: ./cluster agents status`);
  } finally {
    forward.stop();
  }
}

/**
 * Returns the one pod that a word names: by its whole name, its beginning, or a part of it. Pure.
 * @throws Failure that lists the pods that match, or all pods when none does
 */
export function choosePod(pods: readonly AgentPod[], word: string): AgentPod {
  const candidates = pods.filter(({ ending }) => !ending);
  const list = (some: readonly AgentPod[]) => some.map(({ pod }) => `\n  ${pod}`).join("");
  const matches = matching(candidates, ({ pod }) => pod, word);
  if (matches.length === 0) {
    const there = candidates.length > 0 ? `pods with a console:${list(candidates)}` : "there is no pod with a console";
    throw new Failure(
      word === "" ? `no pod is named; ${there}` : `no agent is called "${word}"; ${there}`,
      candidates.length > 0 ? "Run: ./cluster console POD" : "Run: ./cluster agents start",
    );
  }
  const [pod, ...others] = matches;
  if (pod !== undefined && others.length === 0) return pod;
  throw new Failure(`"${word}" may be any of:${list(matches)}`, "Give more of the name.");
}

interface Forward {
  /** Free port of this machine that is forwarded to a port of a pod. */
  readonly port: number;
  /** Last error line of kubectl; empty when it printed none. */
  readonly complaint: () => string;
  readonly stop: () => void;
}

async function forwardPort(context: Context, pod: string, port: number): Promise<Forward> {
  const kubeconfig = await ensureKubeconfig(context);
  const args = ["--kubeconfig", kubeconfig, "port-forward", `--namespace=${namespace}`, `pod/${pod}`, `:${port}`];
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
  const outcome = await Promise.race([local, ended, sleep(15_000, "kubectl said nothing for 15 s", { ref: false })]);
  const stop = () => void child.kill();
  if (typeof outcome === "number") return { port: outcome, complaint: () => complaint, stop };
  stop();
  throw new Failure(
    `port ${port} of ${pod} cannot be reached: ${complaint === "" ? outcome : complaint}`,
    "Run: ./cluster agents status",
  );
}
