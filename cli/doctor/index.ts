import * as fs from "node:fs";
import * as path from "node:path";
import { readLock, readParts, Tool } from "../../tools/lock";
import { verify } from "../../tools/store";
import { isoDay } from "../../tools/support";
import type { Settings } from "@inaetics/model/cluster";
import { Context, nameStack, statePaths } from "@inaetics/stack";
import { Failure, Progress, withStep } from "@inaetics/workstation";
import { hasOfficialPlugin, providers, providerVersion } from "../setup/plugins";
import { Check, checkAddresses, checkMachine } from "./checks";
import { collectFacts } from "./facts";
import { usedNetworks } from "./networks";
import { checkPassphrase, checkSettings } from "./settings";
import { checkSupport } from "./support";

/** Prints every check. The exit code is 1 when one failed. */
export async function doctor(context: Context, json: boolean): Promise<void> {
  const { settings, checks } = checkSettings(context);
  const lock = readLock(context.root);
  const tools = await Promise.all(lock.map((tool) => checkTool(context, tool, true)));
  const facts = await collectFacts(context, isWarm(context));
  const support = checkSupport([...lock, ...readParts(context.root)], isoDay(new Date()));
  const machine = [checkPassphrase(context), ...checkMachine(facts, settings)];
  const all = [...checks, ...machine, ...tools, ...checkPlugins(context), ...support];
  process.stdout.write(nameStack(json ? `${JSON.stringify(all, null, 2)}\n` : render(all), context.stack));
  if (all.some((check) => check.level === "failed")) process.exitCode = 1;
}

/**
 * Returns the stack's settings.
 * @throws Failure with every problem of the settings and of the passphrase of their secrets
 */
export function requireSettings(context: Context): Settings {
  const { settings, checks } = checkSettings(context);
  requireAll([...checks, checkPassphrase(context)]);
  return settings;
}

/**
 * Runs the preflight of `up`: checks that the machine is suitable.
 * @throws Failure with everything that failed and its cure
 */
export async function requirePreflight(context: Context, progress: Progress): Promise<void> {
  await withStep(progress, "preflight", async () => {
    const facts = await collectFacts(context, isWarm(context));
    requireAll(checkMachine(facts, checkSettings(context).settings));
  });
}

/**
 * Checks the stack's networks against those of other stacks, of docker and of this machine, as `up` does before it makes
 * anything. Reports those that only hide others from the pods.
 * @throws Failure with each network that the boxes cannot have
 */
export async function requireAddresses(context: Context, progress: Progress): Promise<void> {
  const checks = checkAddresses(await usedNetworks(context), checkSettings(context).settings);
  requireAll(checks);
  for (const { level, name, text, cure = "" } of checks) {
    if (level === "warning") progress.note(nameStack(`warning: ${name}: ${text}\n${cure}`, context.stack));
  }
}

function requireAll(checks: readonly Check[]): void {
  const failed = checks.filter((check) => check.level === "failed");
  if (failed.length === 0) return;
  const lines = failed.map(
    (check) => `${check.name}: ${check.text}\n    ${(check.cure ?? "").replaceAll("\n", "\n    ")}`,
  );
  throw new Failure(`${failed.length === 1 ? "a check" : `${failed.length} checks`} failed:\n  ${lines.join("\n  ")}`);
}

/** True when programs and images exist already, so that `up` needs little disk space. */
function isWarm(context: Context): boolean {
  return fs.existsSync(path.join(context.cache, "boxes", "current")) && fs.existsSync(statePaths.boxImage(context));
}

async function checkTool(context: Context, tool: Tool, thorough: boolean): Promise<Check> {
  const name = `${tool.name} ${tool.version}`;
  const linked = tool.programs.every((program) => fs.existsSync(path.join(context.cache, "bin", program)));
  const state = await verify(context.cache, tool, thorough);
  if (state === "good") return { name, level: "ok", text: `in the cache, ${tool.programs.join(", ")}` };
  const cure = "Run: ./cluster prepare";
  if (state === "corrupt") return { name, level: "failed", text: "damaged in the cache: checksums differ", cure };
  if (tool.onPath !== undefined && linked) return { name, level: "ok", text: "found on PATH" };
  return { name, level: "warning", text: "not in the cache yet", cure };
}

function checkPlugins(context: Context): Check[] {
  return providers.map((provider) => ({
    name: `plugin ${provider}`,
    level: "ok",
    text: hasOfficialPlugin(context, provider)
      ? `official, ${providerVersion(context, provider)}`
      : `offline, of plugins/${provider} (for @pulumi/${provider} ${providerVersion(context, provider)})`,
  }));
}

function render(checks: readonly Check[]): string {
  const signs = { ok: "ok     ", warning: "warning", failed: "FAILED " };
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.map((check) => {
    const line = `${signs[check.level]} ${check.name.padEnd(width)}  ${check.text}`;
    return check.cure === undefined ? line : `${line}\n          ${check.cure.replaceAll("\n", "\n          ")}`;
  });
  const count = (level: Check["level"]) => checks.filter((check) => check.level === level).length;
  return `${lines.join("\n")}\n${count("ok")} ok, ${count("warning")} warnings, ${count("failed")} failed\n`;
}
