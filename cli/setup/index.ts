import * as fs from "node:fs";
import * as path from "node:path";
import { acquireTools } from "../../tools/acquire";
import { readLock } from "../../tools/lock";
import { writeAtomically, Failure, withFileLock, run, together, Progress } from "@inaetics/workstation";
import { Context, statePaths, ensurePassphrase } from "@inaetics/stack";
import { ensureDocker } from "./docker";
import { ensurePackages, installPackages } from "./packages";
import { ensurePlugins } from "./plugins";
import { ensureFolders, ensureStack } from "./stack";

export interface SetupOptions {
  /** True to read every byte of the cached programs. */
  readonly thorough?: boolean;
}

/**
 * Provides everything that Pulumi needs: system packages, docker daemon, upstream programs, images, plugins.
 * Idempotent; two set-ups on one cache wait for each other. Makes no stack, so that tests and `prepare` leave the
 * checkout clean.
 */
export async function setUp(context: Context, progress: Progress, options: SetupOptions = {}): Promise<void> {
  await setUpMachine(context, progress);
  // Both run together, because compilers sometimes leave processors idle, and package managers mostly do.
  await together([
    (cancel) => ensureTools(context, progress, { ...options, cancel }),
    (cancel) => withImages(context, progress, () => ensurePlainImages(context, progress, cancel)),
  ]);
  await withImages(context, progress, async () => {
    await builder(context, progress, "base images of programs", ["images/base/build", "--programs"]);
  });
  ensureFolders(context);
  await ensurePlugins(context, progress);
}

function withImages(context: Context, progress: Progress, work: () => Promise<void>): Promise<void> {
  return withFileLock(path.join(context.cache, "images.lock"), "the images", progress, work);
}

/** Builds the images that hold no program of the lock file. */
async function ensurePlainImages(context: Context, progress: Progress, cancel: AbortSignal): Promise<void> {
  const image = await builder(context, progress, "box image", ["vagrant/box/build"], cancel);
  const reference = image.trim().split("\n").pop() ?? "";
  if (!/^\S+:\S+$/.test(reference))
    throw new Failure(
      `vagrant/box/build printed "${reference}"; allowed: the name of an image as its last line`,
      "Run vagrant/box/build by itself to see all of its output.",
    );
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  writeAtomically(statePaths.boxImage(context), `${reference}\n`);
  await builder(context, progress, "base images", ["images/base/build", "--plain"], cancel);
}

/** Provides the parts of the system itself: packages and the docker daemon. */
export async function setUpMachine(context: Context, progress: Progress): Promise<void> {
  await ensurePackages(progress);
  await ensureDocker(context.cache, progress);
}

/** Provides all that `pulumi` needs to start: the stack, but no docker or images. Tenths of a second when warm. */
export async function setUpPulumi(context: Context, progress: Progress): Promise<void> {
  // A lost passphrase is reported before the programs are built.
  ensurePassphrase(context);
  await ensureTools(context, progress);
  await ensureStack(context);
  await ensurePlugins(context, progress);
}

/** Provides the programs of the lock file; enough for commands that need no docker. */
export async function ensureTools(
  context: Context,
  progress: Progress,
  options: SetupOptions & { readonly cancel?: AbortSignal } = {},
): Promise<void> {
  fs.mkdirSync(context.cache, { recursive: true });
  await withFileLock(path.join(context.cache, "tools.lock"), "the set-up of the tools", progress, () =>
    acquireTools(readLock(context.root), {
      ...options,
      root: context.root,
      cache: context.cache,
      progress,
      installPackages: (packages, purpose) => installPackages(progress, packages, purpose),
    }),
  );
}

/** Runs a script that makes images; its lines are shown only when it takes longer than a moment. */
async function builder(
  context: Context,
  progress: Progress,
  name: string,
  [script, ...args]: readonly [string, ...string[]],
  cancel?: AbortSignal,
): Promise<string> {
  const step = progress.step(name);
  try {
    const output = await run(path.join(context.root, script), args, {
      cwd: context.root,
      env: { INAETICS_CACHE: context.cache, INAETICS_STATE: context.state },
      cancel,
      onLine: (line) => step.detail(line.trim()),
      cure: `Run ${script} by itself to see all of its output. It keeps finished parts and can be repeated.`,
    });
    step.done();
    return output;
  } catch (error) {
    step.fail();
    throw error;
  }
}
