import { spawn, type ChildProcess } from "node:child_process";
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Context, ensureKubeconfig, kubectl, namespace, pulumiEnvironment } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";

/** A connection to the cluster's broker from this machine. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

const forwardMs = 20_000;

/**
 * Does work on one of the brokers through `kubectl port-forward`, because they have no port outside.
 * @throws Failure when no broker can be reached
 */
export async function withBroker<T>(context: Context, work: (broker: Broker) => Promise<T>): Promise<T> {
  const secret = await kubectl(context, [
    "get",
    "secret",
    "inaetics-broker",
    `--namespace=${namespace}`,
    "--output=json",
  ]);
  const { data } = JSON.parse(secret) as { readonly data: Readonly<Record<string, string>> };
  const login = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
  const args = ["port-forward", `--namespace=${namespace}`, "service/inaetics-queue", ":4222", "--address=127.0.0.1"];
  const forward = spawn("kubectl", ["--kubeconfig", await ensureKubeconfig(context), ...args], {
    env: { ...process.env, ...pulumiEnvironment(context, process.env) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const connection = await connect({
      servers: `127.0.0.1:${await forwardedPort(forward)}`,
      user: login("NATS_USER"),
      pass: login("NATS_PASSWORD"),
      // The other brokers have pod addresses, which cannot be reached from here.
      ignoreClusterUpdates: true,
      reconnectTimeWait: 500,
      maxReconnectAttempts: 20,
      timeout: 10_000,
    });
    try {
      return await work({
        connection,
        manager: await jetstreamManager(connection, { timeout: 10_000, checkAPI: false }),
      });
    } finally {
      await connection.close();
    }
  } finally {
    forward.kill();
  }
}

function forwardedPort(forward: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (reason: string) => {
      reject(new Failure(`the broker cannot be reached: ${reason} ${text.trim()}`, "Run: ./cluster status"));
    };
    const late = setTimeout(() => fail(`no answer within ${forwardMs / 1000} s.`), forwardMs);
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(Number(port));
    };
    forward.stdout?.on("data", hear);
    forward.stderr?.on("data", hear);
    forward.on("error", (error) => fail(error.message));
    forward.on("exit", () => {
      clearTimeout(late);
      fail("kubectl port-forward ended:");
    });
  });
}
