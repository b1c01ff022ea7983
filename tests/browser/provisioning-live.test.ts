/**
 * The provisioning page in a real browser while agents and server come and go: reports of agents, failures,
 * lost connections, small and dark screens, ended logins. This test plays the agents.
 * Does not prove: that it looks good (look at it), nor how other browsers show it.
 */
import { expect } from "chai";
import { makeBundle } from "../support/bundles";
import { password } from "../support/provisioning";
import { eventually } from "../support/eventually";
import { ProvisioningPage } from "./provisioning-page";
import { faint, outside, tiny, unnamed } from "./provisioning-readable";

const greeter = "org.example.greeter";

describe("provisioning page, live", function () {
  this.timeout(60_000);
  let ui: ProvisioningPage;

  before(async () => {
    ui = await ProvisioningPage.open();
    await ui.person.ask("POST", "/artifacts", makeBundle(greeter, "1.0.0"));
    await ui.logIn(password);
    await ui.felix.versions();
    ui.startAgent("1.0.0");
    await ui.text(ui.card("target/felix-1"), "runs 1.0.0");
    expect(await ui.card("target/felix-1").innerText()).to.match(/since [0-9:]{8}/);
  });
  // before() may have failed half-way
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  after(() => ui?.close());
  afterEach(() => expect([ui.problems, ui.strangers]).to.deep.equal([[], []]));

  it("shows the reports of an agent at once, and never as markup", async () => {
    await ui.select("target/felix-1");
    const log = ui.page.locator("#details ol");
    const started = { id: 1, time: Date.now(), type: "bundle-started", bundle: greeter, bundleVersion: "1.0.0" };
    await ui.felix.report("boot-1", [started]);
    await ui.text(log, `bundle started`);
    await ui.text(log, `${greeter} 1.0.0`);
    const before = await log.locator("li").count();
    const message = 'it said <img src="x" onerror="window.broken = true"> & stopped';
    await ui.felix.report("boot-1", [started, { id: 2, time: Date.now(), type: "agent-stopped", message }]);
    await ui.text(log, message);
    expect(await log.locator("li").count()).to.equal(before + 1);
    expect(await log.locator("li").first().innerText()).to.include("agent stopped");
    expect(await ui.page.evaluate("window.broken")).to.equal(undefined);
    await ui.page.keyboard.press("Escape");
    await ui.text(log.getByRole("button"), "felix-1");
  });

  it("shows a failed update with its reason, on the card and in the panel", async () => {
    await ui.person.ask("POST", "/artifacts", makeBundle("org.inaetics.demonstrator.processor", "2.0.0"));
    const wanted = await eventually("an update", 10, async () => {
      const found = (await ui.target("felix-1"))?.wanted?.version;
      return found === ui.runs ? undefined : found;
    });
    await ui.text(ui.card("target/felix-1"), `${ui.runs} → ${wanted}`);
    await ui.felix.report("boot-1", [
      { id: 3, time: Date.now(), type: "bundle-failed", version: wanted, message: "it threw at start" },
      { id: 4, time: Date.now(), type: "rolled-back", version: ui.runs, message: "the former one runs again" },
    ]);
    await ui.text(ui.card("target/felix-1"), `${wanted} failed, runs ${ui.runs}`);
    await ui.text(ui.card("target/felix-1"), "it threw at start");
    await ui.text(".chips", "1 failed");
    await ui.select("target/felix-1");
    const facts = await ui.page.locator("#details dl").innerText();
    expect(facts).to.match(/Runs\s+1\.0\.0 since [0-9:]{8}\n/);
    for (const words of ["inaetics-processor", "127.0.0.1", `${wanted}: it threw at start`, "Approved\nyes"]) {
      expect(facts).to.include(words);
    }
    await ui.text("#details .links", `Artifacts of version ${wanted}`);
    await ui.picture("failed");
  });

  it("shows the lost connection to a killed server; continues with the reports since then", async () => {
    await ui.killServer();
    await ui.state("stale");
    expect(await ui.page.locator("#log-state").innerText()).to.match(/^not live/);
    await ui.button("Assign felix-producer to felix-1").click();
    await ui.text(ui.page.locator(".refusal"), "the server does not answer");
    for (const colours of ["dark", "light"] as const) {
      await ui.look(colours);
      expect(await ui.page.evaluate(faint), colours).to.deep.equal([]);
    }
    await ui.picture("stale");
    await ui.startServer();
    await eventually("a report", 20, async () => {
      const report = [{ id: 5, time: Date.now(), type: "agent-started", message: "here again" }];
      return (await ui.felix.report("boot-1", report)).status === 204;
    });
    await ui.state("live");
    await ui.text("#details ol", "here again");
    expect(await ui.page.locator("#log-state").innerText()).to.equal("live");
  });

  it("filters by name, platform and state", async () => {
    const shown = async (column: string): Promise<string> =>
      (await ui.page.locator(`[data-column=${column}] .name`).allInnerTexts()).join(" ");
    await ui.page.locator("#find").fill("proc felix");
    await eventually("two", 5, async () => (await shown("feature")) === "felix-processor");
    await ui.page.locator("#find").fill("");
    await ui.page.getByRole("button", { name: "Celix", exact: true }).click();
    await eventually("celix only", 5, async () => !(await shown("distribution")).includes("felix"));
    await ui.page.getByRole("button", { name: "All", exact: true }).click();
    await ui.page.locator(".chip.bad").click();
    await eventually("the failed", 5, async () => (await shown("target")) === "inaetics-processor felix-1");
    await ui.page.locator(".chip.bad").click();
  });

  it("fits a phone without scrolling sideways, in dark and light, with all parts", async () => {
    await ui.look("dark");
    await ui.picture("dark");
    const dark = await ui.page.evaluate("getComputedStyle(document.body).backgroundColor");
    for (const [colours, width] of [
      ["dark", 360],
      ["light", 320],
    ] as const) {
      await ui.look(colours);
      await ui.page.setViewportSize({ width, height: 740 });
      for (const part of ["Artifacts", "Features", "Distributions", "Targets", "Details"]) {
        await ui.page.locator("#tabs").getByRole("button", { name: part }).click();
        await eventually(
          part,
          5,
          async () => (await ui.page.locator("#tabs [aria-pressed=true]").innerText()) === part,
        );
        expect(await ui.page.evaluate("document.documentElement.scrollWidth"), part).to.be.at.most(width);
        for (const wrong of [outside, tiny, faint]) expect(await ui.page.evaluate(wrong), part).to.deep.equal([]);
        await ui.picture(`phone-${width}-${part.toLowerCase()}`);
      }
    }
    await ui.page.setViewportSize({ width: 1280, height: 800 });
    expect(await ui.page.evaluate("getComputedStyle(document.body).backgroundColor")).not.to.equal(dark);
  });

  it("has names for screen readers, and enough contrast and size", async () => {
    for (const colours of ["light", "dark"] as const) {
      await ui.look(colours);
      for (const key of ["target/felix-1", "group/inaetics-processor", "feature/felix-common", `artifact/${greeter}`]) {
        await ui.select(key);
        for (const wrong of [unnamed, faint, tiny, outside]) {
          expect(await ui.page.evaluate(wrong), `${colours} ${key}`).to.deep.equal([]);
        }
        await ui.picture(`${colours}-${key.split("/")[0] ?? ""}`);
      }
    }
    await ui.look("light");
  });

  it("is small, and keeps its selection after a reload", async () => {
    await ui.select(`artifact/${greeter}`);
    await ui.page.reload();
    await ui.state("live");
    await ui.text("#details-title", greeter);
    const bytes = await ui.page.evaluate(
      `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
        .filter((each) => !each.name.includes("/client/"))
        .reduce((sum, each) => sum + each.decodedBodySize, 0)`,
    );
    expect(bytes).to.be.a("number").within(1000, 150_000);
  });

  it("asks for the login again after its end, and shows the time to wait after too many wrong ones", async () => {
    await ui.page.context().clearCookies();
    await ui.button("New distribution").click();
    await ui.page.locator("#new-name:focus").fill("late");
    await ui.page.keyboard.press("Enter");
    await ui.text("#login-words", "The login has ended");
    expect(await ui.page.locator(".card:visible").count()).to.equal(0);
    await ui.logIn(password);
    await ui.state("live");
    await ui.button("Log out").click();
    await ui.text("#login-words", "You are logged out");
    for (let tries = 0; tries < 6; tries++) {
      const answered = ui.page.waitForResponse((answer) => answer.url().endsWith("/client/session"));
      await ui.logIn("wrong");
      await answered;
    }
    await ui.text("#login-words", "Too many wrong logins from this address: wait");
    expect(await ui.page.locator("#login button").innerText()).to.match(/^Log in \(in \d+ s\)$/);
    expect(await ui.page.locator("#login button").isDisabled()).to.equal(true);
    await ui.picture("too-many");
  });
});
