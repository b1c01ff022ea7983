/** Bundled services as processes of their own, as their images run them, and helpers for their tests. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import type * as http from "node:http";
import * as path from "node:path";
import { parseJson } from "@inaetics/samples";
import * as z from "zod/mini";
import { end, untilReady } from "./child";
import { StandIn } from "./http";
import { freePort } from "./ports";
import { repository } from "./repository";

export class Service {
  output = "";

  private constructor(
    readonly port: number,
    private readonly process: ChildProcess,
  ) {}

  /** Bundles and starts images/<name> and waits until it listens. */
  static async start(name: string, environment: Readonly<Record<string, string>>, port?: number): Promise<Service> {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a plain script, not a part of the build
    const { bundle } = require(path.join(repository, "tools", "bundle.js")) as { bundle: (name: string) => string };
    const main = path.join(bundle(name), "main.js");
    const listen = port ?? (await freePort());
    const child = spawn(process.execPath, ["--enable-source-maps", "--max-old-space-size=64", main], {
      env: { PATH: process.env["PATH"], HTTP_HOST: "127.0.0.1", HTTP_PORT: String(listen), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const service = new Service(listen, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (service.output += chunk.toString()));
    }
    const isUp = async (): Promise<boolean> => (await service.status("/healthz")) === 200;
    await untilReady(name, child, 20, isUp, () => service.output);
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The resident memory in MB. */
  memory(): number {
    const status = readFileSync(`/proc/${this.process.pid ?? 0}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
  }

  async status(address: string): Promise<number> {
    return (await fetch(this.url + address)).status;
  }

  async json<T = Record<string, unknown>>(address: string): Promise<T> {
    return (await (await fetch(this.url + address)).json()) as T;
  }

  /** Reads an answer and checks its shape. Rejects with the fault. */
  async read<T extends z.ZodMiniType>(schema: T, address: string): Promise<z.infer<T>> {
    const answer = parseJson(schema, await this.text(address));
    if (!answer.ok) throw new Error(`${address}: ${answer.problem}`);
    return answer.value;
  }

  async text(address: string): Promise<string> {
    return (await fetch(this.url + address)).text();
  }

  /** Ends the process and returns its exit code, or the signal that ended it. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string | null> {
    return end(this.process, signal);
  }
}

export const apiToken = "a-service-account-token";

/** Simulates the one Kubernetes API call that the viewer makes; its answer can be changed, and it can be stopped. */
export class FakeApi extends StandIn {
  controllers: readonly { readonly name: string; readonly requested: number; readonly ready: number }[] = [];
  refused = 0;

  protected answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const allowed = request.headers.authorization === `Bearer ${apiToken}`;
    const known = request.url === "/api/v1/namespaces/inaetics/replicationcontrollers";
    if (!allowed) this.refused++;
    response.writeHead(allowed ? (known ? 200 : 404) : 403, { "content-type": "application/json" });
    response.end(JSON.stringify({ kind: "ReplicationControllerList", items: this.controllers.map(item) }));
  }
}

function item(each: FakeApi["controllers"][number]): object {
  const status =
    each.ready === 0 ? { replicas: each.requested } : { replicas: each.requested, readyReplicas: each.ready };
  return { metadata: { name: each.name }, spec: { replicas: each.requested }, status };
}
