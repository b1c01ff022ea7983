/** Starts Debian's Chromium without a window for tests and screenshots. */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Options: no sandbox, because tests run as root and show only this project's own pages; no background requests. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function startChromium(): Promise<Browser> {
  const program = process.env["CHROMIUM"] ?? programs.find((each) => existsSync(each));
  if (program === undefined)
    throw new Error("no Chromium: install it with `apt-get install chromium`, or name it in CHROMIUM");
  return chromium.launch({ executablePath: program, headless: true, args: flags });
}
