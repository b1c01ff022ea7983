import { readMemory } from "./memory";
import { findAgents } from "./find";
import { AgentPod } from "./pods";
import { readTargets, Target, versionsOf } from "./targets";
import { Context, siteAccess } from "@inaetics/stack";
import { messageOf, table } from "@inaetics/base";

/** An agent as `agents status` shows it. `target` is provisioning's view; null when it does not know the agent. */
export interface AgentStatus extends AgentPod {
  /** Bytes in use; null when its node does not report them. */
  readonly memory: number | null;
  readonly target: Target | null;
}

/** Shows all agents: their nodes, state and software. The exit code is 1 when something could not be read. */
export async function showAgents(context: Context, json: boolean): Promise<void> {
  const problems: string[] = [];
  const found = await findAgents(context);
  const nodes = [...new Set(found.map(({ node }) => node).filter((node) => node !== ""))];
  const [memory, targets] = await Promise.all([
    readMemory(context, nodes),
    askProvisioning(context).catch((error: unknown) => {
      problems.push(`software: ${messageOf(error)}`);
      return [];
    }),
  ]);
  const byId = new Map(targets.map((target) => [target.id, target]));
  const agents = found.map((pod): AgentStatus => ({
    ...pod,
    memory: memory.get(pod.pod) ?? null,
    target: byId.get(pod.pod) ?? null,
  }));
  process.stdout.write(json ? `${JSON.stringify({ agents, problems }, null, 2)}\n` : renderAgents(agents, problems));
  if (problems.length > 0) process.exitCode = 1;
}

async function askProvisioning(context: Context): Promise<readonly Target[]> {
  const { address, login } = await siteAccess(context, "provisioning");
  return readTargets(address, login.user, login.password);
}

/** Renders the agents as a table. Pure. */
export function renderAgents(
  agents: readonly AgentStatus[],
  problems: readonly string[],
  now: number = Date.now(),
): string {
  const head = ["POD", "KIND", "NODE", "READY", "RESTARTS", "SINCE", "MEMORY", "SOFTWARE", "STATE", ""];
  const rows = agents.map((agent) => [
    agent.pod,
    agent.kind === "felix" ? "Felix" : "Celix",
    agent.node,
    agent.ready ? "yes" : "no",
    String(agent.restarts),
    agent.startedAt === null ? "" : formatAge(now - Date.parse(agent.startedAt)),
    agent.memory === null ? "" : `${Math.round(agent.memory / 2 ** 20)} MB`,
    agent.target === null ? "" : versionsOf(agent.target),
    agent.target === null ? "" : stateOf(agent.target),
    remark(agent),
  ]);
  const body =
    rows.length === 0 ? "No agents run. Start some: ./cluster agents start\n" : `${table([head, ...rows])}\n`;
  return body + (problems.length === 0 ? "" : `Problems\n${table(problems.map((problem) => [problem]))}\n`);
}

function stateOf({ approved, state }: Target): string {
  return approved ? state : "not approved";
}

/** Returns one line about an agent's problem, or an empty one. */
function remark({ reason, target }: AgentStatus): string {
  const failed = target?.failed ?? null;
  const parts = [reason, failed === null ? null : `${failed.version} failed: ${failed.reason}`];
  return parts
    .filter((part) => part !== null)
    .join("; ")
    .replace(/\p{C}+/gu, " ");
}

/** Formats a duration: `45 s`, `12 min`, `3 h 10 min`, `2 d 4 h`. Pure. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
