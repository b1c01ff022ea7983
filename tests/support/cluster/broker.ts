/** A client of the cluster's broker, through `kubectl port-forward` to one of its servers. Proves nothing by itself. */
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PROCESSORS, RESULTS, SAMPLES } from "@inaetics/samples";
import { type TestCluster } from "./testcluster";
import { toolFolder } from "../tools";

export class Broker {
  private constructor(
    private readonly forward: ChildProcess,
    private readonly connection: NatsConnection,
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
  ) {}

  /** @param server pod to connect to: it must live as long as this client is used */
  static async open(cluster: TestCluster, server: string): Promise<Broker> {
    const { data } = await cluster.get<{ readonly data: Readonly<Record<string, string>> }>(
      "secret",
      "inaetics-broker",
    );
    const secret = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
    const args = ["port-forward", "-n", "inaetics", `pod/${server}`, ":4222", "--address=127.0.0.1"];
    const forward = spawn(path.join(toolFolder, "kubectl"), args, {
      env: { ...process.env, KUBECONFIG: cluster.own("kubeconfig") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const port = await forwardedPort(forward);
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      user: secret("NATS_USER"),
      pass: secret("NATS_PASSWORD"),
      // The other servers have pod addresses, which cannot be reached from here.
      ignoreClusterUpdates: true,
      timeout: 10_000,
    });
    const manager = await jetstreamManager(connection, { timeout: 10_000, checkAPI: false });
    return new Broker(forward, connection, jetstream(connection, { timeout: 3000 }), manager);
  }

  /**
   * Puts samples into the queue, 32 at a time, each until the broker acknowledges it.
   * @returns the acknowledged ids
   */
  async produce(producer: string, count: number, seconds: number): Promise<readonly string[]> {
    const deadline = performance.now() + seconds * 1000;
    const acknowledged: string[] = [];
    let next = 0;
    const worker = async () => {
      for (let sequence = next++; sequence < count; sequence = next++) {
        const id = `${producer}-${sequence}`;
        await this.put(producer, id, deadline);
        acknowledged.push(id);
      }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    return acknowledged;
  }

  private async put(producer: string, id: string, deadline: number): Promise<void> {
    const sample = JSON.stringify({ id, sampleTime: Date.now(), value1: 1, value2: 2 });
    for (;;) {
      try {
        await this.client.publish(`samples.${producer}`, sample, { msgID: id });
        return;
      } catch (error) {
        if (performance.now() > deadline) throw new Error(`sample ${id} was not acknowledged`, { cause: error });
      }
      await sleep(100);
    }
  }

  /** Samples that the queue has accepted since its creation, and those that wait for a processor or acknowledgement. */
  async queue(): Promise<{ readonly accepted: number; readonly waiting: number }> {
    const { state } = await this.manager.streams.info(SAMPLES);
    const { num_pending, num_ack_pending } = await this.manager.consumers.info(SAMPLES, PROCESSORS);
    return { accepted: state.last_seq, waiting: Math.max(state.messages, num_pending + num_ack_pending) };
  }

  /** Ids of all stored results; a result that is stored twice is listed twice. */
  async resultIds(): Promise<readonly string[]> {
    const consumer = await this.client.consumers.get(RESULTS);
    const { num_pending } = await consumer.info(false);
    const ids: string[] = [];
    if (num_pending === 0) return ids;
    const messages = await consumer.consume({ max_messages: 1000 });
    for await (const message of messages) {
      ids.push(message.json<{ readonly id: string }>().id);
      if (message.info.pending === 0) break;
    }
    return ids;
  }

  /** Name of the server that leads the queue's stream. */
  async leader(): Promise<string> {
    return (await this.manager.streams.info(SAMPLES)).cluster?.leader ?? "unknown";
  }

  async close(): Promise<void> {
    await this.connection.close();
    this.forward.kill();
  }
}

function forwardedPort(forward: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    const late = setTimeout(() => {
      forward.kill();
      reject(new Error(`kubectl port-forward names no port in 20 s: ${text}`));
    }, 20_000);
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(Number(port));
    };
    forward.stdout?.on("data", hear);
    forward.stderr?.on("data", hear);
    forward.on("exit", () => reject(new Error(`kubectl port-forward ended: ${text}`)));
  });
}
