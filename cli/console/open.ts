import { connect } from "node:net";
import { findAgents } from "../agents/find";
import { AgentPod } from "../agents/pods";
import { chooseOne, listed } from "../pods/choose";
import { forwardPort } from "../pods/forward";
import { interact, runLines, ShellConnection } from "./session";
import { Context } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { type AgentKind } from "@inaetics/model";

/** Ports of the agents' shells inside their pods: gogo's telnet, and Celix's. */
const shellPorts: Readonly<Record<AgentKind, number>> = { felix: 2019, celix: 6666 };

/**
 * Connects this terminal to an agent's shell, or runs the lines of standard input there.
 * @param word name of a pod, its beginning, or a part of it
 */
export async function openConsole(context: Context, word: string): Promise<void> {
  const { pod, kind } = choosePod(await findAgents(context), word);
  const forward = await forwardPort(context, `pod/${pod}`, shellPorts[kind], "Check the pod: ./cluster agents status");
  try {
    const socket = connect(forward.port, "127.0.0.1");
    const shell = new ShellConnection(socket);
    if (process.stdin.isTTY) {
      process.stderr.write(`${kind} shell of ${pod}; leave it with Ctrl-D\n`);
      await interact(shell, process.stdin, process.stdout);
    } else {
      await runLines(shell, process.stdin, process.stdout);
    }
    shell.close();
  } catch (error) {
    const complaint = forward.complaint() === "" ? "" : `; kubectl reports: ${forward.complaint()}`;
    throw new Failure(
      `the connection to the shell of ${pod} broke: ${messageOf(error)}${complaint}`,
      "Check the pod: ./cluster agents status",
    );
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
  return chooseOne(
    candidates,
    ({ pod }) => pod,
    word,
    () => {
      const wrong = word === "" ? "no pod is named" : `no agent is called "${word}"`;
      if (candidates.length === 0) return new Failure(`${wrong}; no agents run`, "Run: ./cluster agents start");
      const names = candidates.map(({ pod }) => pod);
      return new Failure(`${wrong}; allowed:${listed(names)}`, "Run: ./cluster console POD");
    },
  );
}
