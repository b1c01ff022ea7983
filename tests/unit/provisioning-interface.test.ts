/**
 * Schemas of provisioning's interface: the refusals of agents' headers, and the server's own views.
 * Not proven here: that routes use them (tests/engine/provisioning.test.ts).
 */
import {
  artifactViewSchema,
  distributionViewSchema,
  featureViewSchema,
  formatVersions,
  groupViewSchema,
  parseVersions,
  targetViewSchema,
  visitHeadersSchema,
} from "@inaetics/model";
import { expect } from "chai";
import * as z from "zod/mini";
import {
  artifactViews,
  distributionViews,
  featureViews,
  groupViews,
  targetView,
} from "../../images/node-provisioning/src/model/views";
import { example, target } from "./provisioning-examples";

describe("provisioning: interface", () => {
  it("refuses an agent's headers with the first reason", () => {
    const refusal = (headers: object): string | undefined =>
      z.safeParse(visitHeadersSchema, headers).error?.issues[0]?.message;
    const platform = "X-Inaetics-Platform: missing or wrong; allowed are osgi and celix";
    const long = { "x-inaetics-current": "1".repeat(101) };
    expect(refusal({})).to.equal(platform);
    expect(refusal({ "x-inaetics-platform": "x", ...long })).to.equal(platform);
    expect(refusal({ "x-inaetics-platform": "osgi", ...long })).to.equal(
      "X-Inaetics-Current: too long; send the version of the deployment, or nothing",
    );
    expect(refusal({ "x-inaetics-platform": "celix", host: "x" })).to.equal(undefined);
  });

  it("writes versions as lines, and reads them", () => {
    expect(formatVersions(["1.0.0", "2.0.0"])).to.equal("1.0.0\n2.0.0\n");
    for (const versions of [[], ["1.0.0"], ["1.0.0", "2.0.0"]]) {
      expect(parseVersions(formatVersions(versions))).to.deep.equal(versions);
    }
  });

  it("describes the server's views completely", () => {
    const model = example();
    const same = <T>(schema: z.ZodMiniType<T>, views: readonly unknown[]): void => {
      expect(views).not.to.be.empty;
      for (const view of views) expect(z.parse(schema, view)).to.deep.equal(view);
    };
    same(artifactViewSchema, artifactViews(model));
    same(featureViewSchema, featureViews(model));
    same(distributionViewSchema, distributionViews(model));
    same(groupViewSchema, groupViews(model));
    const given = target({ given: [{ number: 1, since: 1 }], current: { version: "1.0.0", since: 1 } });
    same(targetViewSchema, [targetView(model, { id: "t", target: given, history: [], heard: 0 }, 2000, 0)]);
  });
});
