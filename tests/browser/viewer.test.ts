/**
 * The first page in a real browser, served by the real viewer over a real broker and queue agent.
 * Does not prove: that it looks good (look at it), nor how other browsers show it.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Browser, Page } from "playwright-core";
import { freePort, TestBroker } from "../engine/broker";
import { Processor, put, report } from "../engine/pipeline";
import { apiToken, eventually, FakeApi, Service } from "../engine/service";
import { startChromium } from "./chromium";

/** Set it to a folder to keep pictures of what was seen. */
const pictures = process.env["PICTURES"];

describe("first page", function () {
  this.timeout(90_000);
  let folder: string;
  let broker: TestBroker;
  let connection: NatsConnection;
  let api: FakeApi;
  let agent: Service;
  let viewer: Service;
  let processor: Processor;
  let browser: Browser;
  let page: Page;
  let flow: NodeJS.Timeout;
  let environment: Record<string, string>;
  const problems: string[] = [];
  const strangers: string[] = [];

  const number = async (id: string): Promise<number> =>
    Number((await page.locator(`#${id}`).innerText()).replace(/,/g, ""));
  const state = (expected: string): Promise<true | undefined> =>
    eventually(
      `the state ${expected}`,
      30,
      async () => (await page.locator("#state").getAttribute("data-state")) === expected || undefined,
    );
  const picture = async (name: string): Promise<void> => {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  };

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-browser-"));
    writeFileSync(path.join(folder, "token"), apiToken);
    broker = await TestBroker.start();
    connection = await broker.connect();
    api = new FakeApi(await freePort());
    await api.up();
    api.controllers = [
      { name: "inaetics-producer-controller", requested: 4, ready: 3 },
      { name: "inaetics-processor-controller", requested: 1, ready: 1 },
    ];
    agent = await Service.start("queue-agent", {
      ...broker.environment,
      POD_NAME: "queue-1",
      QUEUE_REPLICAS: "1",
      QUEUE_CAPACITY: "1000",
    });
    await eventually("streams", 30, async () => (await agent.status("/readyz")) === 200);
    environment = {
      ...broker.environment,
      POD_NAME: "viewer-1",
      KUBERNETES_URL: `http://127.0.0.1:${api.port}`,
      KUBERNETES_TOKEN_FILE: path.join(folder, "token"),
      ...{ DASHBOARD_USER: "admin", DASHBOARD_PASSWORD: "swordfish", SESSION_KEY: "k".repeat(32) },
    };
    viewer = await Service.start("datastore-viewer", environment);
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(viewer.url)) strangers.push(request.url());
    });
    processor = new Processor(connection);
    let sent = 0;
    // More than the queue takes for want of speed never happens here: refusals are reported by hand below.
    flow = setInterval(() => {
      void put(connection, "inaetics-producer-x7k2p", sent, (sent += 25)).catch(() => undefined);
      report(connection, "inaetics-producer-x7k2p", { accepted: sent, rejected: 42 });
    }, 500);
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    clearInterval(flow);
    await browser?.close();
    await processor?.stop();
    await connection?.close();
    await viewer?.stop("SIGKILL");
    await agent?.stop("SIGKILL");
    api?.down();
    await broker?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("shows live figures that grow, replicas, and who reports", async () => {
    await page.goto(viewer.url);
    await state("live");
    await eventually("results", 20, async () => (await number("results")) > 0);
    const first = { accepted: await number("accepted"), results: await number("results") };
    await eventually(
      "more of both",
      20,
      async () => (await number("accepted")) > first.accepted && (await number("results")) > first.results,
    );
    expect(await page.locator("#producers").innerText()).to.equal("3 / 4");
    expect(await page.locator("#processors").innerText()).to.equal("1 / 1");
    expect(await page.locator("#rate-percent").innerText()).to.equal("5 %");
    await eventually("refusals", 10, async () => (await number("rejected")) === 42);
    expect(await page.locator("#agents").innerText()).to.include("inaetics-producer-x7k2p");
    expect(await page.locator("#problems").isVisible()).to.equal(false);
  });

  it("draws what it has seen, and what was before it was opened", async () => {
    const points = async () => ((await page.locator("#rates .put").getAttribute("d")) ?? "").split("L").length;
    await eventually("lines", 20, async () =>
      ((await page.locator("#rates .store").getAttribute("d")) ?? "").includes("L"),
    );
    // More than the page can have seen by itself in the moment after it is opened again.
    await eventually("a history", 20, async () => (await points()) > 6);
    await page.reload();
    await state("live");
    expect(await points()).to.be.above(3);
    await picture("light");
  });

  it("says what is not known, and keeps the rest", async () => {
    api.down();
    await eventually("unknown", 20, async () => (await page.locator("#producers").innerText()) === "unknown");
    expect(await page.locator("#problems").innerText()).to.match(
      /not known: controllers \(the API server cannot be asked/,
    );
    expect(await number("results")).to.be.above(0);
    await picture("unknown");
    await api.up();
    await eventually("known again", 20, async () => (await page.locator("#producers").innerText()) === "3 / 4");
  });

  it("says that it is stale when the server is killed, and goes on by itself when it is back", async () => {
    const before = await number("results");
    await viewer.stop("SIGKILL");
    await state("stale");
    expect(await page.locator("#state").innerText()).to.include("stale");
    expect(await page.locator("#age").innerText()).to.match(/^last heard .* ago$/);
    await picture("stale");
    viewer = await Service.start("datastore-viewer", environment, viewer.port);
    await state("live");
    await eventually("newer results", 20, async () => (await number("results")) > before);
  });

  it("fits a phone without scrolling sideways, in dark as in light", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    await picture("dark");
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).to.be.at.most(360);
    await picture("phone");
    await page.emulateMedia({ colorScheme: "light" });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).not.to.equal(dark);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("can be used with the keyboard, and names its parts for those who do not see it", async () => {
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.tagName")).not.to.equal("BODY");
    const unnamed = await page.evaluate(
      `[...document.querySelectorAll("img, svg[role=img], meter, section, a")].filter((each) =>
        !each.hasAttribute("alt") && !each.getAttribute("aria-label") && each.textContent.trim() === "").length`,
    );
    expect(unnamed).to.equal(0);
    expect(await page.locator("[role=status]").count()).to.equal(1);
  });

  it("is small, quick and asks nobody else", async () => {
    const began = Date.now();
    await page.goto(viewer.url);
    await page.locator("#state[data-state=live]").waitFor();
    const bytes = await page.evaluate(
      `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
        .reduce((sum, each) => sum + each.decodedBodySize, 0)`,
    );
    expect(bytes).to.be.a("number").within(1000, 150_000);
    // Generous: the machine may have much else to do.
    expect(Date.now() - began).to.be.below(10_000);
    expect(strangers).to.deep.equal([]);
    expect(problems).to.deep.equal([]);
  });
});
