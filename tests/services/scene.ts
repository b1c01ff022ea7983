/** A whole scene for the coordinator: broker, queue agent, the queue's figures, a part of a cluster, and viewers. */
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ApiServer } from "../support/apiserver";
import { TestBroker } from "../support/broker";
import * as z from "zod/mini";
import { Coordinated, FakeQueue, type Controller } from "./coordination";
import { sharedServer } from "../support/server";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { basicLogin } from "../support/http";
import { freePort } from "../support/ports";
import {
  EVENTS_PATH,
  eventsPageSchema,
  snapshotSchema,
  SYSTEM_STATS_PATH,
  systemStatsSchema,
  type ShownEvent,
} from "@inaetics/model";

const login = { DASHBOARD_USER: "admin", DASHBOARD_PASSWORD: "swordfish", SESSION_KEY: "k".repeat(32) };
export const basic = { authorization: basicLogin("admin", "swordfish") };

/** Answer with all parameters of the policy that pages show. */
const statsSchema = z.extend(systemStatsSchema, { policy: snapshotSchema.shape.policy });

/** Policy with short times for short tests: polls each 2 s, down after 4 s. */
export const quick = {
  policy: "slope",
  intervalSeconds: 2,
  cooldownSeconds: 0,
  stabilisationSeconds: 4,
  max: 4,
  fallbackAfter: 3,
};

export class Scene {
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-coordinator-"));
  private readonly viewers: Service[] = [];
  private agent: Service | undefined;
  private environment: Record<string, string> = {};
  server!: ApiServer;
  cluster!: Coordinated;
  broker!: TestBroker;
  queue!: FakeQueue;
  /** The viewer that gets the requests, unless a test names another one. */
  viewer!: Service;

  /** @param namespace used by this scene only */
  static async set(namespace: string): Promise<Scene> {
    const scene = new Scene();
    await scene.build(namespace).catch(async (error: unknown) => {
      await scene.strike();
      throw error;
    });
    return scene;
  }

  /** Starts one more viewer. */
  async start(pod: string): Promise<Service> {
    const viewer = await Service.start("datastore-viewer", { ...this.environment, POD_NAME: pod });
    this.viewers.push(viewer);
    return viewer;
  }

  /** Ends and removes everything. */
  async strike(): Promise<void> {
    /* eslint-disable @typescript-eslint/no-unnecessary-condition -- it may have been built half-way */
    await this.server?.comeBack();
    for (const viewer of this.viewers) await viewer.stop("SIGKILL");
    await this.agent?.stop("SIGKILL");
    this.queue?.down();
    await this.broker?.remove();
    /* eslint-enable @typescript-eslint/no-unnecessary-condition */
    rmSync(this.folder, { recursive: true, force: true });
  }

  stats(viewer = this.viewer): Promise<z.infer<typeof statsSchema>> {
    return viewer.read(statsSchema, `/${SYSTEM_STATS_PATH}`);
  }

  async events(after = 0, viewer = this.viewer): Promise<readonly ShownEvent[]> {
    return (await viewer.read(eventsPageSchema, `/${EVENTS_PATH}?after=${after}&limit=1000`)).events;
  }

  /** The id of the newest event. */
  async newest(viewer = this.viewer): Promise<number> {
    return (await this.events(0, viewer)).at(-1)?.id ?? 0;
  }

  /** Waits for an event after the given one. */
  found(what: string, seconds: number, after: number, is: (event: ShownEvent) => boolean): Promise<ShownEvent> {
    return eventually(what, seconds, async () => (await this.events(after)).find(is));
  }

  /** A request with the login, or with other headers. */
  send(method: string, address: string, body?: unknown, headers: Record<string, string> = basic): Promise<Response> {
    return fetch(`${this.viewer.url}${address}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  /** Waits until the controllers request these numbers of processors. */
  async processors(felix: number, celix: number, seconds = 20): Promise<void> {
    await eventually(`${felix} Felix and ${celix} Celix processors`, seconds, async () => {
      const [f, c] = await this.cluster.processors();
      if (f === felix && c === celix) return true;
      const { lastDecision, leader } = await this.stats();
      throw new Error(`${f} and ${c}; leader ${leader ?? "unknown"}, last decision ${JSON.stringify(lastDecision)}`);
    });
  }

  async requested(...kinds: readonly Controller[]): Promise<readonly number[]> {
    const replicas = await this.cluster.replicas();
    return kinds.map((kind) => replicas[kind].requested);
  }

  /** Values that people can change, and their newest event, to check that nothing was changed. */
  async changeable(): Promise<readonly unknown[]> {
    const { mode, ratePercent } = await this.stats();
    const requested = await this.requested("felix", "celix", "producers", "celixProducers");
    return [requested, (await this.events()).findLast(({ source }) => source === "person")?.id, mode, ratePercent];
  }

  private async build(namespace: string): Promise<void> {
    ({ server: this.server } = await sharedServer());
    this.cluster = await Coordinated.make(this.server, namespace, this.folder);
    await this.cluster.configure(JSON.stringify(quick));
    this.broker = await TestBroker.start();
    this.queue = new FakeQueue(await freePort());
    await this.queue.up();
    const { environment } = this.broker;
    const agent = await Service.start("queue-agent", { ...environment, POD_NAME: "queue-1", QUEUE_REPLICAS: "1" });
    this.agent = agent;
    await eventually("streams", 30, async () => (await agent.status("/readyz")) === 200);
    const own = { ...login, QUEUE_METRICS_URL: this.queue.url };
    this.environment = { ...environment, ...this.cluster.environment, ...own };
    this.viewer = await this.start("viewer-1");
  }
}
