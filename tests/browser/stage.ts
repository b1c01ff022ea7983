/** Everything around a page: the real viewer, queue agent and broker, a stand-in for the cluster, load, and a browser. */
import type { NatsConnection } from "@nats-io/transport-node";
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import type { Browser, Page } from "playwright-core";
import { TestBroker } from "../support/broker";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { startChromium } from "./chromium";
import { FakeCluster } from "./cluster";
import { Load } from "./load";
import { freePort } from "../support/ports";

export const person = { user: "inaetics", password: "a password with spaces" };

/** Folder for screenshots of the test; undefined when none are kept. */
const pictures = process.env["PICTURES"];

/** Policy that decides often, so that tests need not wait. */
const policy = { intervalSeconds: 2, stabilisationSeconds: 4, cooldownSeconds: 2, felixRate: 80, celixRate: 80 };

export class Stage {
  /** Errors in the pages, and URLs that they requested from other servers. */
  readonly errors: string[] = [];
  readonly strangers: string[] = [];
  private environment: Readonly<Record<string, string>> = {};

  private constructor(
    readonly broker: TestBroker,
    readonly connection: NatsConnection,
    readonly cluster: FakeCluster,
    readonly agent: Service,
    readonly browser: Browser,
    private readonly load: Load,
    public viewer: Service,
  ) {}

  static async set(): Promise<Stage> {
    const broker = await TestBroker.start();
    const connection = await broker.connect();
    const cluster = new FakeCluster(await freePort());
    cluster.policy = policy;
    await cluster.up();
    const queue = { ...broker.environment, POD_NAME: "queue-1", QUEUE_REPLICAS: "1", QUEUE_CAPACITY: "1000" };
    const agent = await Service.start("queue-agent", queue);
    await eventually("streams", 30, async () => (await agent.status("/readyz")) === 200);
    const environment = {
      ...broker.environment,
      POD_NAME: "inaetics-datastore-viewer-7kx2p",
      POD_NAMESPACE: "inaetics",
      DASHBOARD_USER: person.user,
      DASHBOARD_PASSWORD: person.password,
      SESSION_KEY: "only for tests",
      QUEUE_METRICS_URL: `${agent.url}/queue`,
      KUBERNETES_URL: `http://127.0.0.1:${cluster.port}`,
    };
    const viewer = await Service.start("datastore-viewer", environment);
    const load = new Load(connection, cluster);
    const stage = new Stage(broker, connection, cluster, agent, await startChromium(), load, viewer);
    stage.environment = environment;
    return stage;
  }

  async clear(): Promise<void> {
    this.load.stop();
    await this.browser.close();
    await this.connection.close();
    await this.viewer.stop("SIGKILL");
    await this.agent.stop("SIGKILL");
    this.cluster.down();
    await this.broker.remove();
  }

  /** Opens a page of its own, which shares no state with other pages. */
  async page(width = 1280, height = 800): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width, height } });
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(this.viewer.url)) this.strangers.push(request.url());
    });
    return page;
  }

  async open(page: Page, address: string): Promise<void> {
    await page.goto(this.viewer.url + address);
    await this.state(page, "live");
  }

  async state(page: Page, expected: string): Promise<void> {
    await page.locator(`#state[data-state=${expected}]`).waitFor({ timeout: 30_000 });
  }

  /** Kills the viewer, as the loss of its box would. */
  async kill(): Promise<void> {
    await this.viewer.stop("SIGKILL");
  }

  /** Starts the viewer again at the same address. */
  async revive(): Promise<void> {
    this.viewer = await Service.start("datastore-viewer", this.environment, this.viewer.port);
  }

  async picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  }
}
