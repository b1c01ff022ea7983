import * as z from "zod/mini";
import type { Parsed } from "@inaetics/samples";
import { commonParameters, drainParameters, slopeParameters, type Parameter } from "./parameters";

export const policyNames = ["slope", "drain"] as const;
export type PolicyName = (typeof policyNames)[number];

type Values<T> = { readonly [K in keyof T]: number };

/** Everything that steers a decision; each number's unit, default and limits are in parameters.ts. */
export interface Policy extends Values<typeof commonParameters> {
  readonly policy: PolicyName;
  /** True when nothing is scaled until it is false again. */
  readonly paused: boolean;
  readonly slope: Values<typeof slopeParameters>;
  readonly drain: Values<typeof drainParameters>;
}

/** Name of the policy in Pulumi's configuration. The text of each problem begins with it. */
const ROOT = "autoscaling";

/** Converts text to its value: Pulumi's configuration keeps decimals and, without --path, everything as text. */
function fromText(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function got(value: unknown): string {
  return `got ${typeof value === "number" ? String(value) : JSON.stringify(value)}`;
}

/** Schema of a value that passes `is`; without a value, `fallback`. */
function field<T extends string | number | boolean>(is: (value: unknown) => boolean, allowed: string, fallback: T) {
  const checked = z.custom<T>(is, { error: (issue) => `${got(issue.input)}; allowed: ${allowed}` });
  return z._default(z.pipe(z.transform(fromText), checked), fallback);
}

function parameter({ unit, fallback, lowest, highest, whole }: Parameter) {
  const is = (value: unknown): boolean =>
    typeof value === "number" && value >= lowest && value <= highest && (!whole || Number.isInteger(value));
  return field<number>(is, `a ${whole ? "whole " : ""}number from ${lowest} to ${highest} (${unit})`, fallback);
}

type Shape<T> = { readonly [K in keyof T]: ReturnType<typeof parameter> };

function shape<T extends Readonly<Record<string, Parameter>>>(parameters: T): Shape<T> {
  return Object.fromEntries(Object.entries(parameters).map(([name, each]) => [name, parameter(each)])) as Shape<T>;
}

/** Schema of an object of `members` alone, all of them optional. */
function group<T extends z.core.$ZodLooseShape>(members: T, example: string) {
  const allowed = Object.keys(members).join(", ");
  return z.strictObject(members, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.join(", ")} is not known; allowed: ${allowed}`
        : `${got(issue.input)}; allowed: an object of ${allowed}; do: pulumi config set --path ${example}`,
  });
}

/** Schema of a policy. Parameters that are not given get their defaults; unknown ones are refused. */
export const policySchema = group(
  {
    policy: field<PolicyName>((value) => policyNames.some((name) => name === value), policyNames.join(", "), "drain"),
    paused: field<boolean>((value) => typeof value === "boolean", "true, false", false),
    ...shape(commonParameters),
    slope: z.prefault(group(shape(slopeParameters), `${ROOT}.slope.slope1 1`), {}),
    drain: z.prefault(group(shape(drainParameters), `${ROOT}.drain.targetSeconds 30`), {}),
  },
  `${ROOT}.policy drain`,
);

/** Returns contradictions between parameters. */
function contradictions({ min, max, slope }: Policy): readonly string[] {
  const ordered = (low: string, lowest: number, high: string, highest: number): readonly string[] =>
    lowest <= highest ? [] : [`${ROOT}.${low}: got ${lowest}; allowed: at most ${ROOT}.${high}, which is ${highest}`];
  return [
    ...ordered("min", min, "max", max),
    ...ordered("slope.slope1", slope.slope1, "slope.slope2", slope.slope2),
    ...ordered("slope.barrierLow", slope.barrierLow, "slope.barrierHigh", slope.barrierHigh),
  ];
}

/**
 * Reads a policy as it is configured or handed over. Never throws.
 * @param raw an object; absent members, and an absent object, mean the defaults
 * @returns the policy, or all problems at once: "autoscaling.min: got 0; allowed: ..."
 */
export function parsePolicy(raw: unknown): Parsed<Policy> {
  const result = z.safeParse(policySchema, raw ?? {});
  if (!result.success) {
    const lines = result.error.issues.map(
      (issue) => `${[ROOT, ...issue.path].map(String).join(".")}: ${issue.message}`,
    );
    return { ok: false, problem: lines.join("; ") };
  }
  const problems = contradictions(result.data);
  return problems.length === 0 ? { ok: true, value: result.data } : { ok: false, problem: problems.join("; ") };
}

/** Policy of a cluster that configures none. docs/autoscaling.md explains why it is the default. */
export const defaultPolicy: Policy = z.parse(policySchema, {});
