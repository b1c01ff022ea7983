/**
 * Pulumi.dev.yaml as it is committed: its comments list every setting with the program's default.
 *
 * Does not prove that Pulumi keeps the comments (tests/engine/settings does), nor that each remark beside a setting is true.
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { plainKeys, rawSettings } from "../../cli/doctor/settings";
import { autoscalingKey, fields, parseSettings, secretKeys } from "@inaetics/model/cluster";
import { defaultPolicy } from "@inaetics/autoscaling";
import { repository } from "../support/repository";

const text = readFileSync(path.join(repository, "Pulumi.dev.yaml"), "utf8");
/** Text from "# config:" to the first empty comment. */
const example = (/^# config:\n(?:# .*\n)+/m.exec(text)?.[0] ?? "").replace(/^# /gm, "");
const written = rawSettings(example);

describe("Pulumi.dev.yaml", () => {
  it("is accepted, and has no unencrypted secret", () => {
    expect(() => parseSettings(rawSettings(text), plainKeys(text))).not.to.throw();
    for (const key of secretKeys) expect(plainKeys(text)).not.to.include(key);
  });

  it("shows every setting, and only existing ones", () => {
    expect(Object.keys(written)).to.have.members([...Object.keys(fields), autoscalingKey]);
    for (const key of secretKeys) expect(text).to.contain(`pulumi config set --secret ${key}\n`);
  });

  it("shows the defaults", () => {
    expect(parseSettings(written)).to.deep.equal(parseSettings({}));
  });

  it("shows each parameter of the policy with its default", () => {
    const { min, max, ...parameters } = defaultPolicy;
    expect([min, max]).to.deep.equal([1, 8]);
    const { config } = parse(example) as { readonly config: Readonly<Record<string, unknown>> };
    expect(config["inaetics:autoscaling"]).to.deep.equal(parameters);
  });

  it("shows the ranges of numbers", () => {
    for (const [key, { allowed }] of Object.entries(fields)) {
      const range = /from (\d+) to (\d+)$/.exec(allowed({}));
      const varies = allowed({}) !== allowed({ maxProducers: 1, maxProcessors: 1 });
      if (range === null || varies) continue;
      const line = new RegExp(`^ +inaetics:${key}: .*#.*\\b${range[1]} to ${range[2]}\\b`, "m");
      expect(example, key).to.match(line);
    }
  });

  it("separates its comments from the settings, so that removing a setting removes no comment", () =>
    expect(text).to.match(/^# .*\n\n(config|encryptionsalt):/m));
});
