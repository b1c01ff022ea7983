/**
 * The real Pulumi engine in a folder of its own: file backend, fixed passphrase, own PULUMI_HOME, and the provider plugins
 * that are on PATH or in the tool cache, or else this project's.
 *
 * Does not prove anything by itself: the conformance tests use it.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { searchPath } from "../support/tools";
import { repository } from "../support/repository";

export type Command = "up" | "preview" | "refresh" | "destroy";

/** Operation of the engine on one resource: op is "create", "update", "same", "replace", "delete", "refresh" ... */
export interface Step {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  /** Paths of differing properties and their operations, e.g. {"create": "update", "triggers[0]": "update-replace"}. */
  readonly diff: Readonly<Record<string, string>>;
}

export interface Diagnostic {
  readonly severity: string;
  readonly message: string;
  readonly name: string;
  /** True when the line is a status that is shown only while it is current. */
  readonly ephemeral: boolean;
}

export interface Outcome {
  readonly code: number;
  /** Standard output and error, as shown to a user. */
  readonly text: string;
  readonly seconds: number;
  /** All steps except those of the stack and of providers. */
  readonly steps: readonly Step[];
  readonly diagnostics: readonly Diagnostic[];
  /** Resources by operation, e.g. {create: 2, same: 1}; the stack and providers are counted too. */
  readonly changes: Readonly<Record<string, number>>;
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
}

export class Engine {
  readonly folder = mkdtempSync(path.join(tmpdir(), "inaetics-engine-"));
  private readonly environment: Readonly<Record<string, string | undefined>>;

  /** @param plugins names of the providers that the programs use: "command", "docker", "kubernetes", "pulumi-nodejs" (dynamic resources) */
  constructor(plugins: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const shims = path.join(this.folder, "bin");
    const searched = `${shims}:${searchPath}`;
    for (const folder of ["bin", "home", "state", "tmp"]) mkdirSync(path.join(this.folder, folder));
    for (const plugin of plugins) addShim(shims, plugin, searched);
    symlinkSync(path.join(repository, "node_modules"), path.join(this.folder, "node_modules"));
    writeFileSync(path.join(this.folder, "package.json"), `{"name": "engine-test", "main": "index.js"}\n`);
    const runtime = { name: "nodejs", options: { typescript: false } };
    writeFileSync(path.join(this.folder, "Pulumi.yaml"), JSON.stringify({ name: "engine-test", runtime }));
    this.environment = {
      ...process.env,
      PATH: searched,
      PULUMI_HOME: path.join(this.folder, "home"),
      // The kubernetes provider leaves kubeconfigs in this folder.
      TMPDIR: path.join(this.folder, "tmp"),
      PULUMI_BACKEND_URL: `file://${path.join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "engine-test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // For --event-log.
      PULUMI_DEBUG_COMMANDS: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...environment,
    };
  }

  /** Replaces the program by the body of a CommonJS module, in which `pulumi` is defined. */
  program(body: string): void {
    writeFileSync(
      path.join(this.folder, "index.js"),
      `"use strict";\nconst pulumi = require("@pulumi/pulumi");\n${body}\n`,
    );
  }

  /** Gives the stack another stack's resources, as `pulumi stack export --show-secrets` wrote them. */
  async load(resources: readonly unknown[]): Promise<void> {
    await this.initialise();
    const settings = readFileSync(path.join(this.folder, "Pulumi.test.yaml"), "utf8");
    const state = { salt: /^encryptionsalt: (.*)$/m.exec(settings)?.[1] };
    const deployment = { secrets_providers: { type: "passphrase", state }, resources };
    const file = path.join(this.folder, "deployment.json");
    writeFileSync(file, JSON.stringify({ version: 3, deployment }));
    await this.expect(["stack", "import", "--stack", "test", "--file", file]);
  }

  /** Runs a command to its end. `cancelWhen` gets the text so far; once it returns true, the engine is interrupted. */
  async run(command: Command, args: readonly string[] = [], cancelWhen?: (text: string) => boolean): Promise<Outcome> {
    await this.initialise();
    const events = path.join(this.folder, "events.json");
    rmSync(events, { force: true });
    const approval = command === "preview" ? [] : ["--yes", "--skip-preview"];
    const started = performance.now();
    const common = ["--stack", "test", "--non-interactive", "--color", "never", "--event-log", events];
    const { code, text } = await this.spawn([command, ...approval, ...common, ...args], cancelWhen);
    return { code, text, seconds: (performance.now() - started) / 1000, ...readEvents(events) };
  }

  /** Like `run`, but throws an error with the engine's output when the exit code is not 0. */
  async succeed(command: Command, args: readonly string[] = []): Promise<Outcome> {
    const outcome = await this.run(command, args);
    if (outcome.code !== 0) throw new Error(`pulumi ${command} ended with code ${outcome.code}:\n${outcome.text}`);
    return outcome;
  }

  /** The stack's outputs, secrets shown. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const { stdout } = await this.expect(["stack", "output", "--json", "--show-secrets", "--stack", "test"]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** The state file as it is on the disk: secrets encrypted. */
  stateText(): string {
    return readFileSync(path.join(this.folder, "state/.pulumi/stacks/engine-test/test.json"), "utf8");
  }

  /** The resource of this name in the state, secrets encrypted. */
  resource(name: string): StateResource | undefined {
    const state = JSON.parse(this.stateText()) as {
      checkpoint: { latest?: { resources?: readonly StateResource[] } };
    };
    return state.checkpoint.latest?.resources?.find(({ urn }) => urn.endsWith(`::${name}`));
  }

  /** Removes the folder; call it last. It does not destroy the stack's remaining resources. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async initialise(): Promise<void> {
    if (!existsSync(path.join(this.folder, "Pulumi.test.yaml"))) await this.expect(["stack", "init", "test"]);
  }

  private async expect(args: readonly string[]): Promise<{ stdout: string }> {
    const { code, text, stdout } = await this.spawn(args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with code ${code}:\n${text}`);
    return { stdout };
  }

  private spawn(args: readonly string[], cancelWhen?: (text: string) => boolean) {
    return new Promise<{ code: number; text: string; stdout: string }>((resolve, reject) => {
      const pulumi = spawn("pulumi", args, {
        cwd: this.folder,
        env: this.environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [text, stdout, cancelled] = ["", "", false];
      const hear = (chunk: string) => {
        text += chunk;
        if (cancelled || !cancelWhen?.(text)) return;
        cancelled = true;
        pulumi.kill("SIGINT");
      };
      pulumi.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        stdout += chunk;
        hear(chunk);
      });
      pulumi.stderr.setEncoding("utf8").on("data", hear);
      pulumi.on("error", reject);
      pulumi.on("close", (code) => resolve({ code: code ?? -1, text, stdout }));
    });
  }
}

/** Adds this project's plugin, unless an official one is on PATH: that one is tested as it is. */
function addShim(folder: string, plugin: string, searched: string): void {
  const program = `pulumi-resource-${plugin}`;
  if (searched.split(":").some((entry) => entry !== "" && existsSync(path.join(entry, program)))) return;
  // Dynamic resources are served by the SDK itself.
  const dynamic = path.join(repository, "node_modules", "@pulumi", "pulumi", "cmd", "dynamic-provider");
  const own = path.join(repository, ".build", "plugins", plugin, "main.js");
  const main = plugin === "pulumi-nodejs" ? dynamic : own;
  if (!existsSync(main)) throw new Error(`${program} is neither on PATH nor in the cache; run: ./cluster prepare`);
  const shim = path.join(folder, program);
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(shim, 0o755);
}

interface StepEvent {
  readonly metadata: {
    readonly op: string;
    readonly urn: string;
    readonly type: string;
    readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string }>> | null;
  };
}

interface EngineEvent {
  readonly resourcePreEvent?: StepEvent;
  readonly diagnosticEvent?: { severity: string; message: string; urn?: string; ephemeral?: boolean };
  readonly summaryEvent?: { resourceChanges?: Readonly<Record<string, number>> };
}

function readEvents(file: string): Pick<Outcome, "steps" | "diagnostics" | "changes"> {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  const events = lines.map((line) => JSON.parse(line) as EngineEvent);
  const nameOf = (urn: string | undefined) => urn?.split("::").pop() ?? "";
  const steps = events.flatMap(({ resourcePreEvent: event }) => (event ? [event.metadata] : []));
  const diagnostics = events.flatMap(({ diagnosticEvent: event }) => (event ? [event] : []));
  return {
    steps: steps
      .filter(({ type }) => !type.startsWith("pulumi:"))
      .map(({ op, type, urn, detailedDiff }) => {
        const diff = Object.entries(detailedDiff ?? {}).map(([key, { diffKind }]) => [key, diffKind] as const);
        return { op, type, name: nameOf(urn), diff: Object.fromEntries(diff) };
      }),
    diagnostics: diagnostics.map(({ severity, message, urn, ephemeral }) => {
      return { severity, message, name: nameOf(urn), ephemeral: ephemeral ?? false };
    }),
    changes: events.find(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges ?? {},
  };
}
