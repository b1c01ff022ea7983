import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { parsePolicy, defaultPolicy, type Policy } from "@inaetics/autoscaling";
import {
  parseJson,
  PROCESSORS_KEY,
  processorsModeSchema,
  RATE_KEY,
  SETTINGS,
  type ProcessorsMode,
} from "@inaetics/samples";
import { messageWithCause, withTimeout, type Log } from "@inaetics/base";
import { Poller, unavailable } from "@inaetics/service";
import { POLICY_CONFIG_MAP, POLICY_KEY } from "@inaetics/model";
import type { Kubernetes } from "./kubernetes";

const TIMEOUT_MS = 4000;
/** Age in ms after which a mode may be outdated. */
const FRESH_MS = 5000;

/**
 * Policy that applies now. `problem` gives the reason when the configured one cannot be used. Undefined policy: none
 * was ever usable.
 */
export interface PolicyReading {
  readonly policy: Policy | undefined;
  readonly problem: string | undefined;
}

const unconfigured: Policy = { ...defaultPolicy, paused: true };

/** Settings that people and Pulumi control: the processor mode, the sample rate and the policy. */
export class Settings {
  private policy: Policy | undefined;
  /** Last mode set here; it applies until the mode is read again. */
  private set: { readonly mode: ProcessorsMode; readonly at: number } | undefined;
  private readonly modes: Poller<ProcessorsMode>;

  constructor(
    /** Returns the connection, or throws while none exists yet. */
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

  /** Processor mode, read each second. Undefined when the last reading is older than 5 s. */
  get mode(): ProcessorsMode | undefined {
    const { set } = this;
    return set !== undefined && set.at > this.modes.reading.at ? set.mode : this.modes.fresh(FRESH_MS);
  }

  /** Reads `mode` again now; never rejects. */
  async readModeNow(): Promise<ProcessorsMode | undefined> {
    return withTimeout(this.readMode(), TIMEOUT_MS / 2).catch(() => undefined);
  }

  /** Last usable policy. */
  get knownPolicy(): Policy | undefined {
    return this.policy;
  }

  /** Reads the policy again; never rejects. */
  async readPolicy(): Promise<PolicyReading> {
    try {
      if (this.kubernetes === undefined) throw new Error("this process runs outside of a Kubernetes cluster");
      const text = await this.kubernetes.configuration(POLICY_CONFIG_MAP, POLICY_KEY, 2000);
      // Without a policy, no scaling is configured.
      const policy = text === undefined ? { ok: true as const, value: unconfigured } : parse(text);
      if (!policy.ok) throw new Error(policy.problem);
      this.policy = policy.value;
      return { policy: this.policy, problem: undefined };
    } catch (error) {
      const problem = `${POLICY_KEY} of ConfigMap ${POLICY_CONFIG_MAP} cannot be used: ${messageWithCause(error)}`;
      return { policy: this.policy, problem };
    }
  }

  /** Sets the mode and returns the previous one. Rejects with a Problem when the broker has not stored it. */
  async setMode(mode: ProcessorsMode): Promise<ProcessorsMode> {
    const before = await this.change(PROCESSORS_KEY, JSON.stringify(mode), () => this.readMode());
    this.set = { mode, at: Date.now() };
    return before;
  }

  /**
   * Sets the sample rate and returns the previous one as text. Rejects with a Problem when the broker has not stored
   * it.
   */
  setRate(percent: number): Promise<string> {
    return this.change(RATE_KEY, String(percent), async () => {
      const entry = await (await this.bucket()).get(RATE_KEY);
      return entry === null || entry.operation !== "PUT" ? "not set" : entry.string();
    });
  }

  /** Reads before it writes. Without a broker, a put would be stored later, when it is not expected any more. */
  private async change<T>(key: string, value: string, read: () => Promise<T>): Promise<T> {
    try {
      const before = await withTimeout(read(), TIMEOUT_MS);
      const bucket = await withTimeout(this.bucket(), TIMEOUT_MS);
      await withTimeout(bucket.put(key, value), TIMEOUT_MS);
      return before;
    } catch (error) {
      throw unavailable(
        `${key} is not set: the broker does not answer (${messageWithCause(error)}); try again in a moment`,
      );
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
    return { ok: false, problem: `not JSON: ${messageWithCause(error)}` };
  }
}
