import * as fs from "node:fs";
import * as path from "node:path";
import { replaceLink, writeAtomically, tryRun, Progress, withStep } from "@inaetics/workstation";
import { quote } from "@inaetics/base";
import { Context, pulumiEnvironment, statePaths } from "@inaetics/stack";
import { Downloader } from "../../tools/download";

/** Providers that have an offline plugin; the official plugins have the versions of the npm packages. */
export const providers = ["command", "docker"] as const;
export type Provider = (typeof providers)[number];

/** Milliseconds after a failed download of plugins in which it is not tried again. */
const rememberFor = 24 * 60 * 60 * 1000;

/** Returns the version of a provider's npm package, which is the version of its plugin. */
export function providerVersion(context: Context, provider: Provider): string {
  const file = path.join(context.root, "node_modules", "@pulumi", provider, "package.json");
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { readonly version: string }).version;
}

/** True when Pulumi has the official plugin of a provider; otherwise the offline one is used. */
export function hasOfficialPlugin(context: Context, provider: Provider): boolean {
  const name = `resource-${provider}-v${providerVersion(context, provider)}`;
  const folder = path.join(context.cache, "pulumi-plugins", name);
  return fs.existsSync(path.join(folder, `pulumi-resource-${provider}`)) && !fs.existsSync(`${folder}.partial`);
}

/** Downloads the official plugins if possible; otherwise puts the offline ones on Pulumi's PATH. */
export async function ensurePlugins(context: Context, progress: Progress): Promise<void> {
  const missing = providers.filter((provider) => !hasOfficialPlugin(context, provider));
  if (missing.length > 0) await downloadPlugins(context, missing, progress);
  const folder = statePaths.plugins(context);
  fs.mkdirSync(folder, { recursive: true });
  for (const provider of providers) {
    const shim = path.join(folder, `pulumi-resource-${provider}`);
    // A plugin on PATH would take precedence over the official one.
    if (hasOfficialPlugin(context, provider)) fs.rmSync(shim, { force: true });
    else writeShim(shim, script(path.join(context.root, ".build", "plugins", provider, "main.js")));
  }
  const kubernetes = path.join(context.cache, "bin", "pulumi-resource-kubernetes");
  const start = kubernetesScript(kubernetes, path.dirname(context.run));
  writeShim(path.join(folder, "pulumi-resource-kubernetes"), start);
  const dynamic = path.join(context.root, "node_modules", "@pulumi", "pulumi", "cmd", "dynamic-provider");
  writeShim(path.join(folder, "pulumi-resource-pulumi-nodejs"), script(dynamic));
}

async function downloadPlugins(context: Context, missing: readonly Provider[], progress: Progress): Promise<void> {
  const remembered = path.join(context.cache, "plugins-not-downloadable");
  const since = fs.statSync(remembered, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Date.now() - since < rememberFor) return;
  const downloader = new Downloader();
  // Pulumi tries GitHub first and then get.pulumi.com: one host that answers is enough.
  const hosts = ["https://get.pulumi.com/", "https://github.com/"];
  const reasons = await Promise.all(hosts.map((host) => downloader.unreachable(host)));
  let failed = reasons.every((reason) => reason !== undefined) ? `not reachable: ${reasons[0] ?? ""}` : undefined;
  for (const provider of failed === undefined ? missing : []) {
    failed ??= await downloadPlugin(context, provider, progress);
  }
  if (failed === undefined) return;
  progress.note(`Pulumi's official plugins cannot be downloaded (${failed}): the offline ones of plugins/ are used`);
  writeAtomically(remembered, `${failed}\n`);
}

/** Downloads a plugin. Returns the reason of a failure; undefined when the plugin is installed. */
async function downloadPlugin(context: Context, provider: Provider, progress: Progress): Promise<string | undefined> {
  const version = providerVersion(context, provider);
  return withStep(progress, `Pulumi plugin ${provider} ${version}`, async (step) => {
    const result = await tryRun("pulumi", ["plugin", "install", "resource", provider, `v${version}`], {
      cwd: context.root,
      env: pulumiEnvironment(context, process.env),
      timeout: 5 * 60_000,
      onLine: (line) => step.detail(line),
    });
    if (result.exitCode === 0) return undefined;
    return result.problem ?? result.stderr.trim().split("\n").pop() ?? "no reason given";
  });
}

/** Returns the start script of a plugin that is written in JavaScript. */
function script(main: string): string {
  return `#!/bin/sh\nexec node ${quote(main)} "$@"\n`;
}

/**
 * Returns the start script of the kubernetes provider. Each run leaves a kubeconfig with the administrator's key in
 * TMPDIR. Here that is a folder of the stack's own, which is deleted with it. A kubeconfig older than a day is deleted.
 * @param runs the folder with one folder a stack
 */
export function kubernetesScript(program: string, runs: string): string {
  return `#!/bin/sh
if [ -n "$INAETICS_STACK" ]; then
  export TMPDIR=${quote(runs)}/"$INAETICS_STACK"/provider
  mkdir -p -m 700 "$TMPDIR" && find "$TMPDIR" -type f -name 'kubeconfig*' -mmin +1440 -delete
fi
exec ${quote(program)} "$@"
`;
}

function writeShim(shim: string, text: string): void {
  if (fs.existsSync(shim) && fs.readFileSync(shim, "utf8") === text) return;
  writeAtomically(shim, text, 0o755);
}

/** Links Pulumi's plugin folder to the cache, so that all checkouts share the plugins. */
export function sharePluginFolder(context: Context): void {
  const shared = path.join(context.cache, "pulumi-plugins");
  fs.mkdirSync(shared, { recursive: true });
  const link = path.join(statePaths.pulumiHome(context), "plugins");
  const stat = fs.lstatSync(link, { throwIfNoEntry: false });
  if (stat === undefined || stat.isSymbolicLink()) replaceLink(link, shared);
}
