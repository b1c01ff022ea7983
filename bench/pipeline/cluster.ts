import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { Failure, lastLines } from "@inaetics/workstation";
import { namespace } from "@inaetics/stack";
import { CLIENT, LABEL, type Controller } from "./objects";
import type { Order } from "./orders";

const KUBECTL_MS = 20_000;
const REMOVE_MS = 45_000;
const READY_MS = 90_000;
const POLL_MS = 500;

export interface RunOptions {
  readonly input?: string;
  readonly timeout?: number;
  /** Ends the command. Without a signal, the command cannot be cancelled. */
  readonly signal?: AbortSignal;
}

/** Operations of the bench with kubectl. All of them reject with a Failure when kubectl fails or takes too long. */
export class Cluster {
  constructor(
    private readonly kubeconfig: string,
    private readonly path: string,
  ) {}

  async controller(name: string, signal?: AbortSignal): Promise<Controller> {
    return JSON.parse(await this.run(["get", "rc", name, "--output=json"], { signal })) as Controller;
  }

  async create(objects: readonly object[], signal: AbortSignal): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await this.run(["create", "--filename=-"], { input: JSON.stringify(list), signal });
  }

  async scale(name: string, replicas: number, signal: AbortSignal): Promise<void> {
    await this.run(["scale", "rc", name, `--replicas=${replicas}`], { signal });
  }

  /** Waits until so many of the bench's pods are ready. */
  async ready(count: number, signal: AbortSignal): Promise<void> {
    const jsonpath = "{range .items[*]}{.status.containerStatuses[0].ready}{'\\n'}{end}";
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const lines = await this.run(["get", "pods", `--selector=${LABEL}`, `--output=jsonpath=${jsonpath}`], { signal });
      const ready = lines.split("\n").filter((line) => line === "true").length;
      if (ready === count) return;
      if (Date.now() > deadline) throw new Failure(`${ready} of ${count} pods are ready after ${READY_MS / 1000} s`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** Waits until none of these controllers has a pod. */
  async gone(names: readonly string[], signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const jsonpath = "{range .items[*]}{.spec.replicas} {.status.replicas} {end}";
      const counts = await this.run(["get", "rc", ...names, `--output=jsonpath=${jsonpath}`], { signal });
      if (!/[1-9]/.test(counts)) return;
      if (Date.now() > deadline) throw new Failure(`after ${READY_MS / 1000} s pods are left of ${names.join(", ")}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** Gives an order to the client in the cluster, and returns its answer. */
  async order<T>(order: Order, options: RunOptions): Promise<T> {
    const command = ["exec", "--stdin", CLIENT, "--", "node", "/bench/client.js", JSON.stringify(order)];
    return JSON.parse(await this.run(command, options)) as T;
  }

  /** Removes the bench's objects of these kinds, if any exist, and waits until its pods are gone. */
  async remove(kinds: string, selector = ""): Promise<void> {
    const which = `--selector=${LABEL}${selector}`;
    await this.run(["delete", kinds, which, "--wait", `--timeout=${REMOVE_MS / 1000}s`], { timeout: REMOVE_MS + 5000 });
  }

  private async run(
    args: readonly string[],
    { input, timeout = KUBECTL_MS, signal }: RunOptions = {},
  ): Promise<string> {
    const all = [`--kubeconfig=${this.kubeconfig}`, `--namespace=${namespace}`, ...args];
    const result = await execa("kubectl", all, {
      // An open pipe: the client in the cluster ends when its input does.
      ...(input === undefined ? { stdin: "pipe" as const } : { input }),
      env: { PATH: this.path },
      timeout,
      reject: false,
      forceKillAfterDelay: 1000,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    if (result.exitCode === 0) return result.stdout;
    const reason = result.timedOut ? `no end within ${timeout / 1000} s` : lastLines(result.stderr, 8);
    throw new Failure(`kubectl ${args.slice(0, 2).join(" ")}: ${reason || (result.shortMessage ?? "failed")}`);
  }
}
