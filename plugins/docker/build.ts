/** Builds and pushes one image, with progress. */
import { Context, isObject, Properties } from "../lib";
import { BuildContext, contextTar } from "./context";
import { Daemon, Progress, Refused } from "./daemon";
import { authHeader, ImageName, isLoginProblem, Login, loginProblem } from "./registry";

const shownLines = 25;
const longestStatus = 200;

/** Builds with the daemon's classic builder, which uses base images that only the daemon has, and needs no session. */
export async function build(daemon: Daemon, name: string, given: Properties, source: BuildContext, context: Context) {
  const steps = new Steps(context);
  const path = `/build?${buildQuery(name, given, source.dockerfile).toString()}`;
  const headers = { "Content-Type": "application/x-tar" };
  try {
    await daemon.follow({ method: "POST", path, headers, body: contextTar(source) }, context.signal, (progress) =>
      steps.hear(progress),
    );
  } catch (error) {
    if (error instanceof Refused) throw new Error(`cannot build ${name}: ${error.message}`);
    throw error;
  }
  steps.end(name);
}

function buildQuery(name: string, given: Properties, dockerfile: string): URLSearchParams {
  const query = new URLSearchParams({ t: name, dockerfile, rm: "1", forcerm: "1", version: "1" });
  const args = isObject(given["args"]) ? given["args"] : {};
  if (Object.keys(args).length > 0) query.set("buildargs", JSON.stringify(args));
  for (const [key, parameter] of Object.entries({ platform: "platform", target: "target", network: "networkmode" })) {
    const value = given[key];
    if (typeof value === "string" && value !== "") query.set(parameter, value);
  }
  const cacheFrom = isObject(given["cacheFrom"]) ? given["cacheFrom"]["images"] : undefined;
  if (Array.isArray(cacheFrom)) query.set("cachefrom", JSON.stringify(cacheFrom));
  if (Array.isArray(given["addHosts"])) query.set("extrahosts", (given["addHosts"] as readonly string[]).join(","));
  return query;
}

/** Follows the builder's output: the running step, the duration of each, and the last lines for the error. */
class Steps {
  private readonly lines: string[] = [];
  private readonly started = Date.now();
  private step = "";
  private stepStarted = Date.now();
  private problem: string | undefined;

  constructor(private readonly context: Context) {}

  hear(progress: Progress): void {
    this.problem ??= progress.errorDetail?.message ?? progress.error;
    for (const line of (progress.stream ?? progress.status ?? "").split(/[\r\n]+/)) {
      if (line.trim() !== "") this.line(line.trimEnd());
    }
  }

  end(name: string): void {
    if (this.problem !== undefined) {
      const where = this.step === "" ? "" : ` at "${this.step}"`;
      const output = this.lines.slice(-shownLines).map((line) => `  ${line}`);
      throw new Error([`cannot build ${name}${where}: ${this.problem}${hint(this.problem)}`, ...output].join("\n"));
    }
    this.context.log("info", `built ${name} in ${seconds(this.started)}`);
  }

  private line(line: string): void {
    this.lines.push(line);
    if (this.lines.length > shownLines) this.lines.shift();
    if (/^Step \d+\/\d+ : /.test(line)) {
      if (this.step !== "") this.context.log("debug", `${this.step}: ${seconds(this.stepStarted)}`);
      this.step = line;
      this.stepStarted = Date.now();
    }
    const text = line === this.step ? line : `${this.step} (${seconds(this.stepStarted)}): ${line}`;
    this.context.log.status(text.slice(0, longestStatus));
  }
}

function hint(problem: string): string {
  if (!/buildkit/i.test(problem)) return "";
  return ` (this plugin builds with the classic builder: use no BuildKit-only syntax such as RUN --mount)`;
}

/** Pushes the image and returns the digest, "sha256:...". */
export async function push(
  daemon: Daemon,
  name: ImageName,
  login: Login | undefined,
  context: Context,
): Promise<string> {
  const started = Date.now();
  let digest: string | undefined;
  let problem: string | undefined;
  const path = `/images/${name.repository}/push?tag=${encodeURIComponent(name.tag)}`;
  await daemon.follow({ method: "POST", path, headers: authHeader(login) }, context.signal, (progress) => {
    digest = progress.aux?.Digest ?? digest;
    problem ??= progress.errorDetail?.message ?? progress.error;
    if (progress.status !== undefined) context.log.status(`pushing: ${progress.id ?? ""} ${progress.status}`);
  });
  if (problem !== undefined && isLoginProblem(problem)) throw new Error(loginProblem(name.registry, login, problem));
  if (problem !== undefined) throw new Error(`cannot push to the registry ${name.registry}: ${problem}`);
  if (digest === undefined) throw new Error(`the registry ${name.registry} took the image, but gave no digest for it`);
  context.log("info", `pushed ${name.repository}:${name.tag} in ${seconds(started)}`);
  return digest;
}

/** Checks the login with the registry before a build of minutes whose result could not be pushed. */
export async function tryLogin(
  daemon: Daemon,
  name: ImageName,
  login: Login | undefined,
  context: Context,
): Promise<void> {
  if (login === undefined) return;
  const headers = { "Content-Type": "application/json" };
  try {
    await daemon.call({ method: "POST", path: "/auth", headers, body: JSON.stringify(login) }, context.signal);
  } catch (error) {
    // Only a refused login is an error here; the push finds the others, because not every registry supports this check.
    if (!(error instanceof Refused) || !isLoginProblem(error.message)) {
      if (error instanceof Refused) return;
      throw error;
    }
    throw new Error(loginProblem(name.registry, login, error.message));
  }
}

/** Returns the daemon's digest of an image that was not pushed now: "name@sha256:..." if it ever was, else "". */
export async function localDigest(daemon: Daemon, name: ImageName, context: Context): Promise<string> {
  const path = `/images/${name.repository}:${name.tag}/json`;
  const image = JSON.parse(await daemon.call({ method: "GET", path }, context.signal)) as {
    RepoDigests?: string[] | null;
  };
  return image.RepoDigests?.find((digest) => digest.startsWith(`${name.repository}@`)) ?? "";
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
