/** The provisioning page in a browser, its server, and an agent that asks as agents do. Proves nothing by itself. */
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import type { FeatureView, TargetView } from "@inaetics/model";
import { Agent, Person, Rig, user } from "../support/provisioning";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { startChromium } from "./chromium";

/** Folder for screenshots of the test; undefined when none are kept. */
const pictures = process.env["PICTURES"];

/** Builds the file that the test chooses in a file picker. */
export function fileOf(name: string, buffer: Buffer): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: "application/octet-stream", buffer };
}

export class ProvisioningPage {
  /** Version that felix-1 reports as running in each request. */
  runs = "";
  /** Errors in the page. */
  readonly problems: string[] = [];
  /** URLs that the page requested from other servers. */
  readonly strangers: string[] = [];
  readonly person: Person;
  readonly felix: Agent;
  private asking: NodeJS.Timeout | undefined;

  private constructor(
    readonly rig: Rig,
    private service: Service,
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    this.person = new Person(service);
    this.felix = new Agent(service, "felix-1", "osgi");
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("console", (message) => {
      // The browser itself logs requests that the server refuses or cannot answer while it is down.
      const expected = /^Failed to load resource: (the server responded with a status of|net::ERR)/;
      if (message.type() === "error" && !expected.test(message.text())) this.problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(service.url)) this.strangers.push(request.url());
    });
  }

  /** Starts all that is needed and opens the page. */
  static async open(): Promise<ProvisioningPage> {
    const rig = await Rig.start();
    const service = await rig.run();
    const browser = await startChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(service.url);
    return new ProvisioningPage(rig, service, browser, page);
  }

  async close(): Promise<void> {
    clearInterval(this.asking);
    await this.browser.close();
    await this.rig.remove();
  }

  /** Shows the page in dark or light colours, without transitions: texts in a transition cannot be judged. */
  async look(colorScheme: "dark" | "light"): Promise<void> {
    await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  }

  agent(name: string): Agent {
    return new Agent(this.service, name, "osgi");
  }

  /** Lets felix-1 poll for its versions from now on, as agents do; without polls it would soon be gone. */
  startAgent(runs: string): void {
    this.runs = runs;
    this.asking = setInterval(() => void this.felix.versions(this.runs).catch(() => undefined), 500);
  }

  async killServer(): Promise<void> {
    await this.service.stop("SIGKILL");
  }

  async startServer(): Promise<void> {
    this.service = await Service.start("node-provisioning", this.rig.environment(), this.service.port);
    this.rig.running.push(this.service);
  }

  async logIn(word: string): Promise<void> {
    await this.page.locator("#user").fill(user);
    await this.page.locator("#password").fill(word);
    await this.page.keyboard.press("Enter");
  }

  entry(key: string): Locator {
    return this.page.locator(`[data-key="${key}"]`);
  }

  card(key: string): Locator {
    return this.page.locator(`[data-key="${key}"] > .card`);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name });
  }

  text(where: Locator | string, words: string): Promise<boolean> {
    const locator = typeof where === "string" ? this.page.locator(where) : where;
    return eventually(`"${words}"`, 20, async () => (await locator.allInnerTexts()).join("\n").includes(words));
  }

  announced(words: string): Promise<boolean> {
    return eventually(`"${words}" to be announced`, 20, async () =>
      ((await this.page.locator("#announcement").textContent()) ?? "").includes(words),
    );
  }

  state(expected: string): Promise<boolean> {
    const state = this.page.locator("#state");
    return eventually(expected, 30, async () => (await state.getAttribute("data-state")) === expected);
  }

  async select(key: string): Promise<void> {
    const main = this.card(key).locator(".main");
    const pressed = async (): Promise<boolean> => (await main.getAttribute("aria-pressed")) === "true";
    if (!(await pressed())) await main.click();
    await eventually(`${key} to be selected`, 10, pressed);
  }

  /** Presses an arrow key until the focus is on the card. */
  async walk(arrow: string, key: string): Promise<void> {
    const here = "document.activeElement.closest('[data-key]')?.dataset.key";
    for (let steps = 0; (await this.page.evaluate(here)) !== key; steps++) {
      if (steps > 30) throw new Error(`${arrow} does not lead to ${key}`);
      await this.page.keyboard.press(arrow);
    }
  }

  async feature(name: string): Promise<FeatureView | undefined> {
    return (await this.person.features()).find((each) => each.name === name);
  }

  async target(id: string): Promise<TargetView | undefined> {
    return (await this.person.targets()).find((each) => each.id === id);
  }

  async picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: path.join(pictures, `provisioning-${name}.png`) });
  }
}
