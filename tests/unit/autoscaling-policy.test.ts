/**
 * Reading a scaling policy, and the table of its parameters in docs/autoscaling.md.
 * Not proven here: that Pulumi and the coordinator read it through this function (their own tests).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  commonParameters,
  defaultPolicy,
  drainParameters,
  parsePolicy,
  policyNames,
  slopeParameters,
  type Parameter,
} from "@inaetics/autoscaling";
import { readSource } from "../support/repository";

const parameters: Readonly<Record<string, Parameter>> = {
  ...commonParameters,
  ...Object.fromEntries(Object.entries(slopeParameters).map(([name, each]) => [`slope.${name}`, each])),
  ...Object.fromEntries(Object.entries(drainParameters).map(([name, each]) => [`drain.${name}`, each])),
};

/** {a: {b: value}} for "a.b". */
function written(name: string, value: unknown): unknown {
  return name.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function problemOf(raw: unknown): string {
  const parsed = parsePolicy(raw);
  return parsed.ok ? "" : parsed.problem;
}

describe("autoscaling: policy", () => {
  it("has defaults for everything, within its own limits", () => {
    for (const raw of [undefined, null, {}]) expect(parsePolicy(raw)).to.deep.equal({ ok: true, value: defaultPolicy });
    for (const [name, { fallback, lowest, highest }] of Object.entries(parameters)) {
      expect(fallback, name).to.be.within(lowest, highest);
    }
    expect(defaultPolicy).to.include({ intervalSeconds: 10, min: 1, max: 8, paused: false });
  });

  it("can be stored as JSON", () => {
    const policy = fc.record({
      policy: fc.constantFrom(...policyNames),
      paused: fc.boolean(),
      max: fc.integer({ min: 1, max: 64 }),
      margin: fc.double({ min: 0, max: 200, noNaN: true }),
      slope: fc.record({ slope1: fc.double({ min: 0.01, max: 2, noNaN: true }) }),
    });
    fc.assert(
      fc.property(policy, (raw) => {
        const first = parsePolicy(raw);
        if (!first.ok) throw new Error(first.problem);
        expect(first.value).to.deep.include({ policy: raw.policy, paused: raw.paused, max: raw.max });
        expect(first.value.slope.slope1).to.equal(raw.slope.slope1);
        expect(parsePolicy(JSON.parse(JSON.stringify(first.value)))).to.deep.equal(first);
      }),
    );
  });

  it("accepts numbers and booleans as text, as Pulumi's configuration keeps them", () => {
    const parsed = parsePolicy({ max: "6", paused: "true", slope: { slope1: "0.75" } });
    expect(parsed).to.deep.equal({
      ok: true,
      value: { ...defaultPolicy, max: 6, paused: true, slope: { ...defaultPolicy.slope, slope1: 0.75 } },
    });
  });

  it("keeps every parameter within its limits, names the limits, and accepts them", () => {
    for (const [name, { lowest, highest, whole }] of Object.entries(parameters)) {
      const allowed = `autoscaling.${name}: got`;
      const wrong: readonly unknown[] = [lowest - 1, highest + 1, "many", "", null, true, [], NaN, "1e3", "0x10"];
      for (const value of whole ? [...wrong, lowest + 0.5] : wrong) {
        expect(problemOf(written(name, value)), `${name}=${String(value)}`)
          .to.include(allowed)
          .and.include(`number from ${lowest} to ${highest}`);
      }
      for (const value of [lowest, highest]) {
        expect(problemOf(written(name, value)), `${name}=${value}`).not.to.include("number from");
      }
    }
  });

  it("reports all problems at once, with the allowed values and the unknown names", () => {
    expect(
      problemOf({ policy: "fast", paused: "maybe", slope: { slop1: 1 }, procesors: 3 }).split("; "),
    ).to.include.members([
      'autoscaling.policy: got "fast"',
      "allowed: slope, drain",
      'autoscaling.paused: got "maybe"',
      "autoscaling.slope: slop1 is not known",
      "allowed: slope1, slope2, barrierLow, barrierHigh",
      "autoscaling: procesors is not known",
    ]);
    expect(problemOf("drain")).to.include("do: pulumi config set --path autoscaling.policy drain");
    expect(problemOf({ slope: 3 })).to.include("do: pulumi config set --path autoscaling.slope.slope1 1");
  });

  it("refuses parameters that contradict each other", () => {
    expect(problemOf({ min: 5, max: 4 })).to.equal(
      "autoscaling.min: got 5; allowed: at most autoscaling.max, which is 4",
    );
    expect(problemOf({ slope: { slope1: 3 } })).to.include("at most autoscaling.slope.slope2, which is 2");
    expect(problemOf({ slope: { barrierLow: 50 } })).to.include("at most autoscaling.slope.barrierHigh, which is 35");
  });

  it("never throws, and never accepts a value outside the limits", () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(parameters)), (value, name) => {
        parsePolicy(value);
        const parsed = parsePolicy(written(name, value));
        if (parsed.ok) expect(parsed.value.min).to.be.within(1, parsed.value.max);
      }),
    );
  });

  it("is documented: each parameter with its unit, default and limits", () => {
    const text = readSource("docs/autoscaling.md");
    const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    for (const [name, { unit, fallback, lowest, highest }] of Object.entries(parameters)) {
      const row = rows.find((cells) => cells[1] === `\`${name}\``);
      expect(row?.slice(2, 5), name).to.deep.equal([unit, String(fallback), `${lowest} to ${highest}`]);
    }
  });
});
