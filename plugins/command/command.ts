/** Life cycle of a Command resource, the same for local and remote ones: each step's script and its inputs. */
import { randomBytes } from "node:crypto";
import {
  Change,
  CheckResult,
  Context,
  differences,
  Failure,
  isObject,
  Properties,
  ResourceHandler,
  secret,
  unknown,
  Value,
} from "../lib";
import { Logging, Output, Runner, Script } from "./run";

/** Parts of a kind of command that differ from the common life cycle. */
export interface Kind {
  /** Inputs of this kind besides the common ones. */
  readonly inputs: readonly string[];
  readonly check: (inputs: Properties) => readonly Failure[];
  /** Returns what runs a script with these inputs. */
  readonly runner: (inputs: Properties) => Runner;
  /** Outputs that are collected after a run, besides stdout and stderr. */
  readonly found?: (inputs: Properties) => Promise<Properties>;
}

const loggings: readonly Logging[] = ["none", "stdout", "stderr", "stdoutAndStderr"];
const common = ["create", "update", "delete", "triggers", "environment", "stdin", "logging", "addPreviousOutputInEnv"];
const replacing = new Set(["triggers"]);

export function commandResource(kind: Kind): ResourceHandler {
  return {
    check: (request) => Promise.resolve(check(kind, request.inputs)),
    diff: (request) => Promise.resolve({ changes: changes(request.oldInputs, request.inputs) }),
    create: async ({ inputs, secretInputs, preview, ...context }) => {
      const id = `${context.name}${randomBytes(4).toString("hex")}`;
      const none = { stdout: "", stderr: "" };
      return { id, outputs: await apply(kind, inputs, inputs["create"], none, secretInputs, preview, context) };
    },
    update: ({ inputs, state, secretInputs, preview, ...context }) => {
      const script = inputs["update"] ?? inputs["create"];
      return apply(kind, inputs, script, outputOf(state), secretInputs, preview, context);
    },
    delete: async ({ state, ...context }) => {
      const script = state["delete"];
      if (typeof script === "string") await kind.runner(state)(scriptOf(state, script, outputOf(state)), context);
    },
  };
}

/** Runs the script, if it has a text, and returns the resource's outputs: its inputs and what the script printed. */
async function apply(
  kind: Kind,
  inputs: Properties,
  script: Value | undefined,
  previous: Output,
  secretInputs: ReadonlySet<string>,
  preview: boolean,
  context: Context,
): Promise<Properties> {
  if (typeof script !== "string" && script !== unknown) return { ...inputs, ...previous };
  if (preview || typeof script !== "string") return { ...inputs, stdout: unknown, stderr: unknown };
  const output = await kind.runner(inputs)(scriptOf(inputs, script, previous), context);
  // The output of a secret script is as secret as the script.
  const hidden = secretInputs.has("create") || secretInputs.has("update");
  const mark = (text: string): Value => (hidden ? secret(text) : text);
  return { ...inputs, ...(await kind.found?.(inputs)), stdout: mark(output.stdout), stderr: mark(output.stderr) };
}

function scriptOf(inputs: Properties, text: string, previous: Output): Script {
  const environment = isObject(inputs["environment"]) ? inputs["environment"] : {};
  const earlier = inputs["addPreviousOutputInEnv"] !== false ? previousOutput(previous) : {};
  return {
    text,
    environment: { ...earlier, ...(environment as Readonly<Record<string, string>>) },
    stdin: typeof inputs["stdin"] === "string" ? inputs["stdin"] : undefined,
    logging: (inputs["logging"] ?? "stdoutAndStderr") as Logging,
  };
}

function previousOutput({ stdout, stderr }: Output): Readonly<Record<string, string>> {
  return {
    ...(stdout !== "" && { PULUMI_COMMAND_STDOUT: stdout }),
    ...(stderr !== "" && { PULUMI_COMMAND_STDERR: stderr }),
  };
}

function outputOf(state: Properties): Output {
  const text = (key: string) => (typeof state[key] === "string" ? state[key] : "");
  return { stdout: text("stdout"), stderr: text("stderr") };
}

/** Compares the inputs. Every changed input is an update, except the triggers: they replace. */
function changes(before: Properties, after: Properties): Map<string, Change> {
  return differences(before, after, replacing);
}

function check(kind: Kind, given: Properties): CheckResult {
  const inputs = { addPreviousOutputInEnv: true, ...given };
  const known = [...common, ...kind.inputs];
  const failures = Object.keys(inputs)
    .filter((key) => !known.includes(key))
    .map((key) => ({ property: key, reason: `is not an argument of commands; allowed: ${known.join(", ")}` }));
  return { inputs, failures: [...failures, ...checkCommon(inputs), ...kind.check(inputs)] };
}

function checkCommon(inputs: Properties): Failure[] {
  const failures = ["create", "update", "delete", "stdin"].flatMap((key) => expectString(inputs, key));
  const { logging, triggers, environment } = inputs;
  if (typeof logging === "string" && !loggings.includes(logging as Logging)) {
    failures.push({ property: "logging", reason: `got "${logging}"; allowed: ${loggings.join(", ")}` });
  }
  if (triggers !== undefined && triggers !== null && triggers !== unknown && !Array.isArray(triggers)) {
    failures.push({ property: "triggers", reason: "must be an array" });
  }
  if (environment !== undefined && environment !== null && environment !== unknown) {
    failures.push(...checkEnvironment(environment));
  }
  return failures;
}

function checkEnvironment(environment: Value): Failure[] {
  if (!isObject(environment)) return [{ property: "environment", reason: "must be an object of strings" }];
  return Object.keys(environment).flatMap((key) => expectString(environment, key, `environment.${key}`));
}

/** Returns a failure unless the input is absent, unknown or a string. */
export function expectString(inputs: Properties, key: string, property = key): Failure[] {
  const value = inputs[key];
  if (value === undefined || value === null || value === unknown || typeof value === "string") return [];
  return [{ property, reason: `must be a string, got ${JSON.stringify(value)}` }];
}
