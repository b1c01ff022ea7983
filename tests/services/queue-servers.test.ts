/**
 * The queue agent's steps that move streams between brokers, with real brokers and under load: more and fewer copies, a broker
 * emptied before it leaves, and one that starts again without its files.
 * Does not prove: the order in which the controller's scripts call them (tests/removal).
 */
import { jetstream, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLES } from "@inaetics/samples";
import { evacuate, forget, lower, whole } from "../../images/queue-agent/src/servers";
import { TestBroker } from "../support/broker";
import { eventually, eventuallyHolds } from "../support/eventually";

/** Puts samples, one after the other, until it is stopped. Repeats each until the broker has accepted it. */
class Load {
  readonly accepted: string[] = [];
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;

  constructor(connection: NatsConnection) {
    this.running = this.run(connection);
  }

  async stop(): Promise<readonly string[]> {
    this.stopped.abort();
    await this.running;
    return this.accepted;
  }

  private async run(connection: NatsConnection): Promise<void> {
    const client = jetstream(connection, { timeout: 3000 });
    for (let number = 0; !this.stopped.signal.aborted; number++) {
      const id = `load-${number}`;
      for (;;) {
        const stored = await client.publish("samples.load", id, { msgID: id }).then(
          () => true,
          () => false,
        );
        if (stored) break;
        await sleep(100);
      }
      this.accepted.push(id);
      await sleep(10);
    }
  }
}

describe("streams on five brokers", function () {
  this.timeout(300_000);
  let broker: TestBroker;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  let load: Load;

  before(async () => {
    broker = await TestBroker.start(5);
    connection = await broker.connect();
    manager = await jetstreamManager(connection, { checkAPI: false, timeout: 15_000 });
    const settings = { name: SAMPLES, subjects: ["samples.>"], num_replicas: 3, duplicate_window: 600_000_000_000 };
    await eventually("the stream", 60, () =>
      manager.streams.add({ ...settings, retention: "workqueue" }).catch(() => false),
    );
    load = new Load(connection);
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await load?.stop();
    await connection?.close();
    await broker?.remove();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  /** Repeats a step until nothing is left to do, as the controller's scripts do. */
  const done = async (what: string, step: () => Promise<string | undefined>): Promise<void> => {
    await eventuallyHolds(what, 120, async () => {
      const rest = await step();
      if (rest !== undefined) throw new Error(rest);
    });
  };
  /** Uses a connection of its own for each step, as the scripts do. */
  const forgotten = async (name: string): Promise<string | undefined> => {
    const system = await broker.connect("system");
    try {
      return await forget(system, name);
    } finally {
      await system.close();
    }
  };
  const holders = async (): Promise<readonly string[]> => {
    const { cluster } = await manager.streams.info(SAMPLES);
    return [cluster?.leader ?? "", ...(cluster?.replicas ?? []).map(({ name }) => name)].sort();
  };
  const raise = async (copies: number): Promise<void> => {
    // The brokers refuse it while they do not know of a server that has just started.
    await done(`${copies} copies`, async () => {
      const { config } = await manager.streams.info(SAMPLES);
      if (config.num_replicas !== copies) await manager.streams.update(SAMPLES, { ...config, num_replicas: copies });
      return undefined;
    });
    await done(`${copies} current copies`, () => whole(manager));
  };
  const nothingLost = async (): Promise<void> => {
    const accepted = load.accepted.length;
    const { state } = await manager.streams.info(SAMPLES);
    expect(state.messages).to.be.at.least(accepted);
  };

  it("get one copy, then five, then three, and keep every accepted sample", async () => {
    await done("one copy", () => lower(manager, 1));
    expect(await holders()).to.have.length(1);
    await nothingLost();
    await raise(5);
    await nothingLost();
    await done("three copies", () => lower(manager, 3));
    expect(await holders()).to.have.length(3);
    await nothingLost();
  });

  it("leave two brokers one after the other, which then leave the group", async () => {
    for (const [index, stay] of [
      [4, 4],
      [3, 3],
    ] as const) {
      const name = broker.nameOf(index);
      await done(`no stream on ${name}`, () => evacuate(connection, manager, name, stay));
      expect(await holders()).not.to.include(name);
      await broker.down("SIGTERM", index);
      await done(`${name} is forgotten`, () => forgotten(name));
      await done(`${name} is forgotten a second time`, () => forgotten(name));
      await nothingLost();
    }
    expect(await holders()).to.deep.equal([0, 1, 2].map((index) => broker.nameOf(index)).sort());
  });

  it("move their only copy from a broker before it starts without its files", async () => {
    await done("one copy", () => lower(manager, 1));
    const [holder = ""] = await holders();
    const index = [0, 1, 2].find((each) => broker.nameOf(each) === holder) ?? 0;
    expect(await whole(manager, holder)).to.match(/is led by/);
    await done(`no stream on ${holder}`, () => evacuate(connection, manager, holder, 2));
    expect(await holders()).not.to.include(holder);
    await broker.down("SIGTERM", index);
    broker.empty(index);
    await broker.up([0, 1, 2]);
    await raise(3);
    await nothingLost();
  });

  it("outlive that each broker in turn starts without its files", async () => {
    await raise(3);
    for (const index of [0, 1, 2]) {
      await broker.down("SIGTERM", index);
      broker.empty(index);
      await sleep(500);
      await broker.up([0, 1, 2]);
      await done("three current copies", () => whole(manager));
      await nothingLost();
    }
  });

  it("have every accepted sample once in the end", async () => {
    const accepted = await load.stop();
    const { state } = await manager.streams.info(SAMPLES);
    expect(state.messages).to.equal(accepted.length);
    expect(state.last_seq).to.equal(accepted.length);
  });
});
