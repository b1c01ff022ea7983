/**
 * Accessibility of the dashboard's pages: at any width, in light and dark, with the keyboard, by axe's checks, and without
 * delay. Does not prove: that a screen reader's words make sense to its users.
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { gzipSync } from "node:zlib";
import { eventually } from "../support/eventually";
import { Stage } from "./stage";
import { SYSTEM_STATS_PATH, systemStatsSchema } from "@inaetics/model";

const addresses = ["/", "/dashboard", "/stats", "/nodes"] as const;
const MOST_BYTES = 150_000;
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

describe("dashboard pages: access", function () {
  this.timeout(120_000);
  let stage: Stage;

  /** A page with all of its parts filled. */
  const open = async (page: Page, address: string): Promise<void> => {
    await stage.open(page, address);
    await page
      .locator(
        { "/": "#pipeline svg", "/dashboard": "#controls .stepper", "/stats": "figure", "/nodes": ".node .upkeep" }[
          address
        ] ?? "",
      )
      .first()
      .waitFor();
  };
  const width = (page: Page): Promise<number> => page.evaluate("document.documentElement.scrollWidth");

  before(async () => {
    stage = await Stage.set();
    stage.cluster.lose("node-3");
    stage.cluster.upgrade("node-2", "v1.37.2");
    await eventually("samples", 30, async () => {
      const { results } = await stage.viewer.read(systemStatsSchema, `/${SYSTEM_STATS_PATH}`);
      return (results ?? 0) > 0;
    });
  });
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => stage?.clear());

  for (const address of addresses) {
    for (const scheme of ["light", "dark"] as const) {
      it(`has no serious problem by axe: ${address} in ${scheme}, wide and narrow`, async () => {
        const page = await stage.page(1280);
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await open(page, address);
        for (const narrow of [false, true]) {
          if (narrow) await page.setViewportSize({ width: 360, height: 740 });
          await page.evaluate(axe);
          const found: readonly Violation[] = await page.evaluate("axe.run(document).then((all) => all.violations)");
          const serious = found.filter(({ impact }) => impact === "serious" || impact === "critical");
          expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html).join(" ")}`)).to.deep.equal(
            [],
          );
          await stage.picture(page, `${scheme}-${narrow ? 360 : 1280}-${address.slice(1) || "index"}`);
        }
        await page.close();
      });
    }

    it(`fits any width without scrolling sideways and without errors: ${address}`, async () => {
      const page = await stage.page(1280);
      await open(page, address);
      for (const each of [1280, 900, 600, 400, 360, 320]) {
        await page.setViewportSize({ width: each, height: 740 });
        await eventually(`no more than ${each} px`, 3, async () => (await width(page)) <= each);
      }
      await page.close();
      expect(stage.errors).to.deep.equal([]);
    });

    it(`is small, and usable within a second: ${address}`, async () => {
      let fastest = Infinity;
      for (let each = 0; each < 3 && fastest > 1000; each++) {
        const page = await stage.page();
        const began = Date.now();
        await open(page, address);
        fastest = Math.min(fastest, Date.now() - began);
        const loaded: readonly { name: string; size: number }[] = await page.evaluate(
          `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
            .filter((each) => !each.name.includes("/stream"))
            .map((each) => ({ name: each.name, size: each.decodedBodySize }))`,
        );
        const bytes = loaded.reduce((sum, { size }) => sum + size, 0);
        expect(bytes, JSON.stringify(loaded)).to.be.within(10_000, MOST_BYTES);
        await page.close();
      }
      expect(fastest).to.be.below(1000);
    });
  }

  it("are a third of that size when compressed", async () => {
    for (const address of addresses) {
      const script = address === "/" ? "/index.js" : `${address}.js`;
      const parts = await Promise.all(
        [address, script, "/style.css", "/icon.svg"].map((each) => stage.viewer.text(each)),
      );
      const compressed = parts.reduce((sum, each) => sum + gzipSync(each).length, 0);
      expect(compressed, address).to.be.below(MOST_BYTES / 3);
    }
  });

  it("can be used with the keyboard alone, and show the focus", async () => {
    const page = await stage.page();
    await open(page, "/dashboard");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).to.equal("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).to.equal("main");
    const seen = new Set<string>();
    for (let each = 0; each < 25; each++) {
      await page.keyboard.press("Tab");
      const [tag, name, outline] = await page.evaluate<[string, string, string]>(
        `[document.activeElement.tagName, document.activeElement.id || document.activeElement.className,
          getComputedStyle(document.activeElement).outlineStyle]`,
      );
      if (tag === "BODY") break;
      expect(outline, name).not.to.equal("none");
      seen.add(name);
    }
    const expected = ["rate", "producers-fewer", "mode-auto", "mode-manual", "chart", "log"];
    expect([...seen]).to.include.members(expected);
    await page.close();
  });

  it("have no motion when the user wants none", async () => {
    const page = await stage.page();
    await open(page, "/");
    const animation = `getComputedStyle(document.querySelector(".flow:not(.speed-0) line")).animationName`;
    expect(await page.evaluate(animation)).to.equal("flow");
    await page.emulateMedia({ reducedMotion: "reduce" });
    expect(await page.evaluate(animation)).to.equal("none");
    await page.close();
  });

  it("send no request to other servers, and have no errors", () => {
    expect(stage.strangers).to.deep.equal([]);
    expect(stage.errors).to.deep.equal([]);
  });
});
