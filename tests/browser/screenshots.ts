/** Takes pictures of the dashboard's pages as a browser shows them; docs/screenshots/take calls it. */
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { startChromium } from "./chromium";

/** Pages, each with the element that appears last. */
const pages = [
  { name: "overview", address: "/", filled: "#pipeline svg" },
  { name: "dashboard", address: "/dashboard", filled: "#controls .stepper" },
  { name: "statistics", address: "/stats", filled: "#charts figure" },
  { name: "nodes", address: "/nodes", filled: ".node" },
] as const;

const WIDTH = 1280;
/** Height at which a longer page is cut. */
const MOST_HEIGHT = 1900;
const TIMEOUT_MS = 30_000;
/** Time for charts to be drawn again with the data that arrived since the page was opened. */
const SETTLE_MS = 2500;

type Scheme = "light" | "dark";

interface Order {
  readonly folder: string;
  readonly url: string;
  readonly scheme: Scheme;
}

function order([folder = "", url = "", scheme = "light"]: readonly string[]): Order {
  if (!/^https?:\/\/[^/]+\/?$/.test(url)) {
    throw new Error(
      `address: got "${url}"; allowed is that of the dashboard such as http://172.17.8.20; do: ./cluster status`,
    );
  }
  if (scheme !== "light" && scheme !== "dark") {
    throw new Error(`colours: got "${scheme}"; allowed: light, dark`);
  }
  return { folder, url: url.replace(/\/$/, ""), scheme };
}

async function take({ folder, url, scheme }: Order): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const browser = await startChromium();
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 }, colorScheme: scheme });
    page.setDefaultTimeout(TIMEOUT_MS);
    for (const { name, address, filled } of pages) {
      await show(page, url + address, filled);
      const file = path.join(folder, `${name}${scheme === "dark" ? "-dark" : ""}.png`);
      const height = Math.min(MOST_HEIGHT, await page.evaluate<number>("document.documentElement.scrollHeight"));
      await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width: WIDTH, height } });
      console.log(path.relative(process.cwd(), file));
    }
  } finally {
    await browser.close();
  }
}

/** Opens a page and waits until it shows current data. */
async function show(page: Page, address: string, filled: string): Promise<void> {
  await page.goto(address).catch((error: unknown) => {
    throw new Error(
      `${address} cannot be opened: ${/net::\w+/.exec(String(error))?.[0] ?? String(error)}; is the demonstrator up?`,
    );
  });
  for (const selector of ["#state[data-state=live]", filled]) {
    await page
      .locator(selector)
      .first()
      .waitFor()
      .catch(() => {
        throw new Error(`${address} did not show ${selector} within ${TIMEOUT_MS / 1000} s; is the demonstrator up?`);
      });
  }
  await sleep(SETTLE_MS);
}

Promise.resolve()
  .then(() => take(order(process.argv.slice(2))))
  .catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
