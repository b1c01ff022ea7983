import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { parsePolicy, defaultPolicy, type Policy } from "@inaetics/autoscaling";
import {
  parseJson,
  POLICY_CONFIG_MAP,
  POLICY_KEY,
  PROCESSORS_KEY,
  processorsModeSchema,
  RATE_KEY,
  SETTINGS,
  type ProcessorsMode,
} from "@inaetics/samples";
import { message, withTimeout, type Log } from "@inaetics/base";
import { Poller, unavailable } from "@inaetics/service";
import type { Kubernetes } from "../kubernetes";

const TIMEOUT_MS = 4000;
/** A mode that was read longer ago may have been changed since. */
const FRESH_MS = 5000;

/** The policy that holds; a problem says why what is configured now is not it. No policy: never had one of use. */
export interface PolicyReading {
  readonly policy: Policy | undefined;
  readonly problem: string | undefined;
}

const unasked: Policy = { ...defaultPolicy, paused: true };

/** What people and Pulumi set: who decides about processors, the sample rate, the policy. */
export class Settings {
  private policy: Policy | undefined;
  /** What was set here since the mode was last read. */
  private set: { readonly mode: ProcessorsMode; readonly at: number } | undefined;
  private readonly modes: Poller<ProcessorsMode>;

  constructor(
    /** Gives the connection, or throws while there is none yet. */
    private readonly connected: () => NatsConnection,
    private readonly kubernetes: Pick<Kubernetes, "configuration"> | undefined,
    log: Log,
  ) {
    this.modes = new Poller({
      read: () => this.readMode(),
      intervalMs: 1000,
      timeoutMs: TIMEOUT_MS,
      onChange: (error) => log.info(error === undefined ? "mode: known" : `mode: unknown: ${error}`),
    });
  }

  start(): void {
    this.modes.start();
  }

  stop(): void {
    this.modes.stop();
  }

  /** Who decides about processors, as of the last second; undefined when nobody knows now. */
  get mode(): ProcessorsMode | undefined {
    const { set } = this;
    return set !== undefined && set.at > this.modes.reading.at ? set.mode : this.modes.fresh(FRESH_MS);
  }

  /** As `mode`, asked for anew; never rejects. */
  async readModeNow(): Promise<ProcessorsMode | undefined> {
    return withTimeout(this.readMode(), TIMEOUT_MS / 2).catch(() => undefined);
  }

  /** The last policy of use. */
  get knownPolicy(): Policy | undefined {
    return this.policy;
  }

  /** Reads the policy anew; never rejects. */
  async readPolicy(): Promise<PolicyReading> {
    try {
      if (this.kubernetes === undefined) throw new Error("this process runs outside of a Kubernetes cluster");
      const text = await this.kubernetes.configuration(POLICY_CONFIG_MAP, POLICY_KEY, 2000);
      // Without a policy nobody has asked for scaling, or not any more.
      const policy = text === undefined ? { ok: true as const, value: unasked } : parse(text);
      if (!policy.ok) throw new Error(policy.problem);
      this.policy = policy.value;
      return { policy: this.policy, problem: undefined };
    } catch (error) {
      const problem = `${POLICY_KEY} of ConfigMap ${POLICY_CONFIG_MAP} cannot be used: ${message(error)}`;
      return { policy: this.policy, problem };
    }
  }

  /** Gives what was set before. Rejects with a Problem when the broker has not stored it. */
  async setMode(mode: ProcessorsMode): Promise<ProcessorsMode> {
    const before = await this.change(PROCESSORS_KEY, JSON.stringify(mode), () => this.readMode());
    this.set = { mode, at: Date.now() };
    return before;
  }

  /** Gives what was set before, as text. Rejects with a Problem when the broker has not stored it. */
  setRate(percent: number): Promise<string> {
    return this.change(RATE_KEY, String(percent), async () => {
      const entry = await (await this.bucket()).get(RATE_KEY);
      return entry === null || entry.operation !== "PUT" ? "not set" : entry.string();
    });
  }

  /** Reads first: what is put while there is no broker would be stored later, when nobody expects it any more. */
  private async change<T>(key: string, value: string, read: () => Promise<T>): Promise<T> {
    try {
      const before = await withTimeout(read(), TIMEOUT_MS);
      const bucket = await withTimeout(this.bucket(), TIMEOUT_MS);
      await withTimeout(bucket.put(key, value), TIMEOUT_MS);
      return before;
    } catch (error) {
      throw unavailable(`${key} is not set: the broker does not answer (${message(error)}); try again in a moment`);
    }
  }

  private async readMode(): Promise<ProcessorsMode> {
    const entry = await (await this.bucket()).get(PROCESSORS_KEY);
    if (entry === null || entry.operation !== "PUT") return { mode: "auto" };
    const mode = parseJson(processorsModeSchema, entry.string());
    if (!mode.ok) throw new Error(`the setting "${entry.string().slice(0, 50)}" cannot be read: ${mode.problem}`);
    return mode.value;
  }

  private bucket(): Promise<KV> {
    return new Kvm(this.connected()).open(SETTINGS);
  }
}

function parse(text: string): ReturnType<typeof parsePolicy> {
  try {
    return parsePolicy(JSON.parse(text));
  } catch (error) {
    return { ok: false, problem: `not JSON: ${message(error)}` };
  }
}
