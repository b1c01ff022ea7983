/**
 * Display and use of the dashboard's pages, in a real browser, served by the real viewer with a real queue agent and
 * broker. Cluster and agents are stand-ins (cluster.ts, load.ts).
 * Does not prove: that it looks good (look at it), nor how other browsers show it, nor that a real cluster follows (tests/cluster).
 */
import { Kvm } from "@nats-io/kv";
import { expect } from "chai";
import type { Locator, Page } from "playwright-core";
import { RATE_KEY, SETTINGS } from "@inaetics/samples";
import { eventually } from "../support/eventually";
import { EVENTS_PATH, eventsPageSchema } from "@inaetics/model";
import { person, Stage } from "./stage";

const processors = ["inaetics-processor-controller", "inaetics-processor-celix-controller"] as const;

describe("dashboard pages", function () {
  this.timeout(90_000);
  let stage: Stage;
  let page: Page;

  const text = (selector: string): Promise<string> => page.locator(selector).innerText();
  const shows = (selector: string, expected: RegExp, seconds = 20): Promise<string> =>
    eventually(`${selector} like ${String(expected)}`, seconds, async () => {
      const found = await text(selector);
      return expected.test(found) && found;
    });
  const rate = async (): Promise<number> => {
    const settings = await new Kvm(stage.connection).open(SETTINGS);
    return Number((await settings.get(RATE_KEY))?.string());
  };
  /** Number of a chart's pixels that have a given colour of the style sheet. */
  const drawn = (chart: string, colour: string): Promise<number> =>
    page.evaluate(`(() => {
      const canvas = document.querySelector(${JSON.stringify(chart)}).querySelector("canvas");
      const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("${colour}");
      probe.fillRect(0, 0, 1, 1);
      const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
      const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      let found = 0;
      for (let at = 0; at < all.length; at += 4)
        if (all[at + 3] > 200 && Math.abs(all[at] - r) + Math.abs(all[at + 1] - g) + Math.abs(all[at + 2] - b) < 12) found++;
      return found;
    })()`);
  const logIn = async (dialog: Locator, password: string): Promise<void> => {
    await dialog.locator("#user").fill(person.user);
    await dialog.locator("#password").fill(password);
    await dialog.locator("button[type=submit]").click();
  };

  before(async () => {
    stage = await Stage.set();
    page = await stage.page();
  });
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => stage?.clear());

  it("show the state on the overview, and link to the other pages", async () => {
    await stage.open(page, "/");
    await shows("#verdict", /^1 processor keeps up with \d/, 40);
    expect(await text("#glance-processors")).to.equal("1 / 1");
    for (const title of ["Dashboard", "Statistics", "Nodes"]) {
      await page.locator(`nav >> text=${title}`).click();
      await stage.state(page, "live");
      expect(await page.title()).to.equal(`${title} - INAETICS demonstrator`);
      expect(await text("nav [aria-current]")).to.equal(title);
    }
    expect(await page.locator("nav >> text=Provisioning").getAttribute("href")).to.equal("http://127.0.0.1:90/");
  });

  it("show figures that grow, and charts that begin before the page was opened", async () => {
    await stage.open(page, "/dashboard");
    const stored = async (): Promise<number> =>
      Number(
        /([\d,]+) results/.exec(await text("#information dl >> text=/^Stored/ >> xpath=.."))?.[1]?.replace(/,/g, ""),
      );
    const before = await stored();
    await eventually("more results", 10, async () => (await stored()) > before);
    await page.locator("#range >> text=2 min").click();
    await eventually("lines", 10, async () => (await drawn("#rate-chart", "--put")) > 15);
    expect(await drawn("#queue-chart", "--fill")).to.be.above(15);
    expect(await drawn("#store-chart", "--store")).to.be.above(15);
    expect(await page.locator("#queue-chart .chart").getAttribute("aria-label")).to.match(
      /^Chart of Queue. Newest: Queue [\d<]/,
    );
    expect(await page.locator("#pipeline svg").getAttribute("aria-label")).to.match(
      /Producers 3 \/ 3, at 5 % .*samples\/s/,
    );
    await shows("#log", /coordinates now/);
    await stage.picture(page, "dashboard");
  });

  it("ask for the login before a change, refuse a wrong one, and change nothing without one", async () => {
    const dialog = page.locator("dialog");
    await page.locator("#rate").focus();
    await page.keyboard.press("ArrowRight");
    await shows("#rate-output", /^10 %$/);
    await dialog.waitFor();
    await logIn(dialog, "wrong");
    await shows("#login-words", /name or the password is wrong/);
    await stage.picture(page, "login");
    await page.keyboard.press("Escape");
    await shows("#rate-words", /^Not changed: a change needs the login/);
    await shows("#rate-output", /^5 %$/);
    expect(await rate()).to.equal(5);
    stage.errors.length = 0;
  });

  it("set the sample rate, and the measured rate follows", async () => {
    await page.locator("#rate").focus();
    for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowRight");
    await page.locator("dialog").waitFor();
    await logIn(page.locator("dialog"), person.password);
    await eventually("20 % in the settings", 10, async () => (await rate()) === 20);
    await shows("#rate-output", /^20 %$/);
    expect([await text("#who"), await text("#session")]).to.deep.equal([person.user, "Log out"]);
    // Three producers at 20 % of 200 samples per second.
    await eventually("the measured rate", 20, async () => {
      const measured = Number(/Production\s+([\d.]+)/.exec(await text("#information"))?.[1]);
      return measured > 80 && measured < 160;
    });
    await shows("#log", /sample rate: 5 % => 20 %/);
    await eventually("a mark on the chart", 10, async () => (await drawn("#queue-chart", "--celix")) > 10);
    stage.errors.length = 0;
  });

  it("add and remove producers within their limits", async () => {
    const producers = (): number =>
      Object.entries(stage.cluster.requested).reduce(
        (sum, [name, each]) => sum + (name.includes("producer") ? each : 0),
        0,
      );
    await page.locator("#producers-more").click();
    await shows("#producers-count", /^4$/);
    await eventually("4 producers", 10, async () => producers() === 4);
    expect(await page.locator("#producers-more").getAttribute("aria-disabled")).to.equal("true");
    await page.locator("#producers-more").click({ force: true });
    await page.locator("#producers-fewer").click();
    await eventually("3 producers", 10, async () => producers() === 3);
    await shows("#log", /producers: .* => /);
  });

  it("scale processors by hand, and return them to the policy", async () => {
    const requested = (): readonly number[] => processors.map((name) => stage.cluster.requested[name] ?? NaN);
    await page.locator("#mode-manual").click();
    await eventually(
      "by hand",
      10,
      async () => (await page.locator("#celix-more").getAttribute("aria-disabled")) === null,
    );
    // The policy may have changed the count just before.
    await shows("#log", /processors: .* => by hand/);
    const [felix = 0, celix = 0] = requested();
    const more = Math.min(4, 8 - felix - celix);
    for (let each = 0; each < more; each++) await page.locator("#celix-more").click();
    await eventually("more Celix processors", 10, async () => requested().join() === `${felix},${celix + more}`);
    await shows("#log", /processors: .* => by hand/);
    await page.locator("#mode-auto").click();
    await shows("#log", /by hand, .* => automatic/);
    await shows("#log", /▼ scaled down/, 40);
    await page.locator("#filter >> text=By people").click();
    await eventually("only changes by people", 5, async () => !/scaled down/.test(await text("#log")));
    await page.locator("#filter >> text=All").click();
  });

  it("name the parts that are not known, and still control the others", async () => {
    stage.cluster.down();
    await shows("#problems", /not known: controllers \(the API server cannot be asked/);
    expect(await text("#producers-count")).to.equal("unknown");
    expect(await text("#information")).to.match(/Processors\s+unknown/);
    await page.locator("#rate").focus();
    await page.keyboard.press("ArrowLeft");
    await eventually("15 % in the settings", 10, async () => (await rate()) === 15);
    await stage.picture(page, "unknown");
    await stage.cluster.up();
    await eventually("known again", 20, async () => !(await page.locator("#problems").isVisible()));
  });

  it("show the lost connection to a killed server, and continue when the server is back", async () => {
    await stage.kill();
    await stage.state(page, "stale");
    await shows("#age", /^Last update: \d.* ago\.$/);
    await shows("#stale", /The page shows the last known state/);
    await stage.picture(page, "stale");
    await stage.revive();
    await stage.state(page, "live");
    expect(await page.locator("#stale").isVisible()).to.equal(false);
    await eventually("lines again", 20, async () => (await drawn("#rate-chart", "--put")) > 20);
    expect(await text("#log")).to.match(/coordinates now/);
    // The events of a new connection come before its first figures; until then the page has those before the kill.
    await shows("#rate-output", /^15 %$/);
    // The session outlives the server.
    await page.locator("#rate:enabled").waitFor();
    await page.locator("#rate").focus();
    await page.keyboard.press("ArrowRight");
    await eventually("20 % in the settings", 15, async () => (await rate()) === 20);
    stage.errors.length = 0;
  });

  it("have a chart of each series; find, zoom and export them", async () => {
    await stage.open(page, "/stats");
    const cards = page.locator("#charts figure");
    await eventually("agents among them", 20, async () => (await cards.count()) > 10);
    await eventually("a line", 10, async () => (await drawn('[data-name="production"]', "--put")) > 20);
    await page.locator("#find").fill("felix producer");
    await eventually("only those", 5, async () => (await cards.count()) === 2);
    await page.locator("#find").fill("");
    await page.locator("#types >> text=Latency").click();
    await eventually("only those", 5, async () => (await cards.count()) === 3);
    await page.locator("#types >> text=All").click();
    const box = (await page.locator('[data-name="queue"] .u-over').boundingBox()) ?? expect.fail("no chart");
    await page.mouse.move(box.x + box.width / 2, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 20, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await page.locator("#reset").waitFor();
    const span = async (): Promise<number> => {
      const link = new URL((await page.locator("#export-csv").getAttribute("href")) ?? "", stage.viewer.url);
      return Number(link.searchParams.get("to")) - Number(link.searchParams.get("from"));
    };
    expect(await span()).to.be.within(10_000, 70_000);
    await page.locator('[data-name="queue"] .chart').focus();
    await page.keyboard.press("Escape");
    await eventually("the whole range", 5, async () => (await span()) === 120_000);
    const link = (await page.locator("#export-csv").getAttribute("href")) ?? "";
    expect(await stage.viewer.text(link)).to.match(/^seq,id,sampleTime.*\r\n\d+,inaetics-producer/);
    await page.locator("#range >> text=24 h").click();
    await eventually("points by the minute", 10, async () => (await span()) === 86_400_000);
    await stage.picture(page, "stats");
  });

  it("show the box that is being upgraded, and record that once, even if the server restarts meanwhile", async () => {
    const recorded = async (): Promise<readonly string[]> => {
      const { events } = await stage.viewer.read(eventsPageSchema, `/${EVENTS_PATH}?limit=1000`);
      return events.filter(({ node }) => node === "node-3").map(({ reason }) => reason);
    };
    await stage.open(page, "/nodes");
    await shows('.node[aria-label="node-3"]', /172\.17\.8\.103\s[\s\S]*v1\.37\.1\s+ready/);
    expect(await page.locator(".upkeep").count()).to.equal(0);
    stage.cluster.upgrade("node-3", "v1.37.2");
    await shows("#summary", /1 of 3 boxes is being upgraded\.$/, 30);
    const card = await text('.node[aria-label="node-3"]');
    expect(card).to.match(/being upgraded to v1\.37\.2, takes no new pods, \d+ pods? (is|are) leaving/);
    expect(card).to.match(/leaving\s+\d/);
    await stage.picture(page, "nodes-upgrade");
    await stage.open(page, "/dashboard");
    await shows("#upgrades", /^node-3 is being upgraded to v1\.37\.2$/);
    await shows("#log", /⇧ upgrade[\s\S]*node-3: upgrade to v1\.37\.2 began/, 30);
    await stage.picture(page, "dashboard-upgrade");
    await stage.kill();
    await stage.revive();
    await stage.state(page, "live");
    await shows("#upgrades", /^node-3 is being upgraded/);
    stage.cluster.upgraded("node-3");
    await shows("#log", /✓ upgrade[\s\S]*node-3: upgrade to v1\.37\.2 ended after \d+ s/, 40);
    await eventually("no line any more", 10, async () => !(await page.locator("#upgrades").isVisible()));
    await shows("#log", /on node-3 left for an upgrade, \S+ on node-[12] goes on/);
    const [began, ended, ...others] = await recorded();
    expect([began, others]).to.deep.equal(["node-3: upgrade to v1.37.2 began", []]);
    expect(ended).to.match(/^node-3: upgrade to v1\.37\.2 ended after \d+ s$/);
    stage.errors.length = 0;
  });

  it("show the boxes with their pods, and the pods that moved when a box was lost", async () => {
    await stage.open(page, "/nodes");
    await shows("#summary", /^3 of 3 boxes are ready/);
    expect(await page.locator(".node").count()).to.equal(3);
    await shows("#nodes", /producer-.*Felix.*\d+ MiB/s);
    stage.cluster.lose("node-2");
    await shows("#summary", /^2 of 3 boxes are ready/, 30);
    expect(await text('.node[aria-label="node-2"]')).to.match(/not ready[\s\S]*unknown[\s\S]*No pods run here/);
    await shows("#moves", /on node-2 was lost/, 30);
    await stage.picture(page, "nodes");
  });

  it("sent no request to other servers, and had no errors", () => {
    expect(stage.strangers).to.deep.equal([]);
    expect(stage.errors).to.deep.equal([]);
  });
});
