/** Waits until an object that was just written is ready, and says what it is waiting for. */
import { Context } from "../../lib";
import { annotations } from "../annotations";
import { Cluster } from "../cluster";
import { annotation, KubeObject, text } from "../objects";
import { customRule } from "./custom";
import { explain, notReady, podProblems } from "./explain";
import { poll } from "./poll";
import { Lister, Readiness, Rule, ruleFor } from "./readiness";

/** The object exists but is not ready; `reasons` say why, `object` is its last known form. */
export class NotReady extends Error {
  constructor(
    message: string,
    readonly object: KubeObject,
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}

/** How often pods are looked at for a more telling status line. */
const lookAtPodsMs = 5000;

/**
 * The ready object.
 * @param inputs what the program gave: its annotations say how to wait
 * @param written what the API server answered
 * @throws NotReady after the time-out, when cancelled, or when it cannot become ready any more
 */
export async function waitUntilReady(
  cluster: Cluster,
  inputs: KubeObject,
  written: KubeObject,
  context: Context,
): Promise<KubeObject> {
  const rule = ruleOf(inputs);
  if (!rule) return written;
  const seconds = context.timeoutSeconds ?? (Number(annotation(inputs, annotations.timeoutSeconds)) || rule.seconds);
  const expired = AbortSignal.timeout(seconds * 1000);
  const wait = new Wait(cluster, rule, context, AbortSignal.any([context.signal, expired]), written);
  try {
    return await wait.untilReady();
  } catch (error) {
    if (error instanceof Failed) throw await wait.notReady("failed");
    if (expired.aborted && !context.signal.aborted) throw await wait.notReady(`is not ready after ${seconds} s`);
    if (context.signal.aborted) throw await wait.notReady(`is not ready (${reasonOf(context.signal)})`);
    throw await wait.notReady((error as Error).message);
  }
}

/** Throws NotReady when a kind that refreshes look at is not ready now. */
export async function assertReady(
  cluster: Cluster,
  inputs: KubeObject,
  live: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const rule = ruleOf(inputs);
  if (rule?.onRead !== true) return;
  const readiness = await rule.check(live, lister(cluster, signal));
  if (readiness.state === "ready") return;
  const message = notReady(live, "is not ready", readiness.message);
  throw new NotReady(message, live, [message, ...(await explain(cluster, live, signal))]);
}

function ruleOf(inputs: KubeObject): Rule | undefined {
  if (annotation(inputs, annotations.skipAwait) === "true") return undefined;
  return customRule(inputs) ?? ruleFor(inputs);
}

function lister(cluster: Cluster, signal: AbortSignal): Lister {
  return (apiVersion, kind, namespace, query) => cluster.list(apiVersion, kind, namespace, query, signal);
}

class Failed extends Error {}

class Wait {
  private readiness: Readiness = { state: "waiting", message: "" };
  private lookedAtPods = Date.now();

  constructor(
    private readonly cluster: Cluster,
    private readonly rule: Rule,
    private readonly context: Context,
    private readonly signal: AbortSignal,
    private live: KubeObject,
  ) {}

  async untilReady(): Promise<KubeObject> {
    await this.isReady();
    if (this.readiness.state === "ready") return this.live;
    return poll(this.signal, async () => {
      this.live = await this.cluster.get(this.live, { signal: this.signal });
      return (await this.isReady()) ? this.live : undefined;
    });
  }

  private async isReady(): Promise<boolean> {
    this.readiness = await this.rule.check(this.live, lister(this.cluster, this.signal));
    if (this.readiness.state === "ready") return true;
    if (this.readiness.state === "failed") throw new Failed(this.readiness.message);
    this.context.log.status(`${this.readiness.message}${await this.podNote()}`);
    return false;
  }

  /** Now and then: what the pods say. */
  private async podNote(): Promise<string> {
    if (Date.now() - this.lookedAtPods < lookAtPodsMs) return "";
    this.lookedAtPods = Date.now();
    const [first] = await podProblems(this.cluster, this.live, this.signal).catch(() => []);
    return first === undefined ? "" : ` (${first})`;
  }

  /** Looks once more, as the last chance and for the causes. */
  async notReady(why: string): Promise<NotReady> {
    const signal = AbortSignal.timeout(5000);
    const live = await this.cluster.find(this.live, { signal }).catch(() => undefined);
    const last = this.readiness.state === "ready" ? "" : this.readiness.message;
    if (live === undefined && text(this.live, "metadata", "uid") !== "") {
      const message = notReady(this.live, why, last);
      return new NotReady(message, this.live, [message]);
    }
    const object = live ?? this.live;
    const causes = await explain(this.cluster, object, signal);
    const message = notReady(object, why, last);
    return new NotReady([message, ...causes].join("\n  "), object, [message, ...causes]);
  }
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : "cancelled";
}
