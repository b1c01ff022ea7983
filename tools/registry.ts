/** Asks the registries for versions, each with its own program and a time limit. Changes nothing in the checkout. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { tryRun } from "@inaetics/workstation";
import { aptVersions, goVersions, mavenVersions, npmViewVersions } from "./answers";
import { Answer } from "./newer";
import { Source } from "./sources";

const TIMEOUT_MS = 60_000;
/** Maven goal that gets one artifact and the list of all its versions. */
const mavenGoal = "org.apache.maven.plugins:maven-dependency-plugin:3.10.0:get";

/** Answer to one question; `useless` when the next question to this registry would fail in the same way. */
type Outcome = Answer & { readonly useless?: true };

/** Function that runs a program; tests pass another one. */
export type Run = typeof tryRun;

/**
 * Asks for every source. The kinds of registry are asked at the same time, each one question after the other. A
 * registry whose program is missing or too slow is not asked again.
 * @param cache folder in which Maven may keep its downloads
 * @returns an answer for each source; undefined when no registry has it
 */
export async function askAll(
  sources: readonly Source[],
  cache: string,
  runProgram: Run = tryRun,
): Promise<readonly (Answer | undefined)[]> {
  const answers = new Map<Source, Answer>();
  const askKind = async (kind: Source["kind"]): Promise<void> => {
    let useless: Answer | undefined;
    for (const source of sources.filter((one) => one.kind === kind && !isRelease(one))) {
      const outcome: Outcome = useless ?? (await ask(source, cache, runProgram));
      if (outcome.useless === true) useless = outcome;
      answers.set(source, outcome);
    }
  };
  await Promise.all((["go", "npm", "maven", "debian"] as const).map(askKind));
  return sources.map((source) => answers.get(source));
}

/** True for a Debian release itself, which is no package of a registry. */
function isRelease(source: Source): boolean {
  return source.kind === "debian" && source.package === undefined;
}

async function ask(source: Source, cache: string, runProgram: Run): Promise<Outcome> {
  const { program, args, env, read, none } = question(source, cache);
  // Runs outside the checkout, because the answer must not depend on the folder's files.
  const result = await runProgram(program, args, { cwd: os.tmpdir(), env, timeout: TIMEOUT_MS });
  if (result.problem !== undefined) {
    return {
      problem: result.problem.includes("ENOENT") ? `${program} is not on PATH` : `${program} ${result.problem}`,
      useless: true,
    };
  }
  if (result.exitCode !== 0) return { problem: complaint(program, result.stderr, result.stdout) };
  try {
    const versions = read(result.stdout);
    return versions.length === 0 ? { problem: none } : { versions };
  } catch {
    return { problem: `${program} printed no versions` };
  }
}

interface Question {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly read: (text: string) => readonly string[];
  /** Problem to report when the registry lists no versions. */
  readonly none: string;
}

function question(source: Source, cache: string): Question {
  switch (source.kind) {
    case "go":
      return {
        program: "go",
        args: ["list", "-m", "-versions", "-json", `${source.module}@latest`],
        env: { GO111MODULE: "on", GOWORK: "off", GOFLAGS: "-mod=mod" },
        read: goVersions,
        none: "the Go module proxy lists no release of it",
      };
    case "npm":
      return {
        program: "npm",
        args: [
          "view",
          source.package,
          "versions",
          "dist-tags.latest",
          "--json",
          "--fetch-retries=0",
          "--loglevel=error",
        ],
        read: npmViewVersions,
        none: "npm lists no version of it",
      };
    case "maven":
      return mavenQuestion(source.artifact, path.join(cache, "maven"));
    case "debian":
      return {
        program: "apt-cache",
        args: ["policy", source.package ?? ""],
        env: { LC_ALL: "C" },
        read: (text) => aptVersions(text, source.release),
        none: `no package source of this machine has it for Debian ${source.release}`,
      };
  }
}

/** Maven prints no versions, but keeps the registry's list beside the artifact. */
function mavenQuestion(artifact: string, repository: string): Question {
  const [group = "", name = ""] = artifact.split(":");
  const folder = path.join(repository, ...group.split("."), name);
  const read = () =>
    fs
      .readdirSync(folder)
      .filter((file) => /^maven-metadata-.*\.xml$/.test(file))
      .flatMap((file) => mavenVersions(fs.readFileSync(path.join(folder, file), "utf8")));
  const options = ["-B", "-q", "-U", `-Dmaven.repo.local=${repository}`, "-Dtransitive=false"];
  return {
    program: "mvn",
    args: [...options, mavenGoal, `-Dartifact=${artifact}:RELEASE:pom`],
    read,
    none: "Maven lists no version of it",
  };
}

const COMPLAINT_LENGTH = 140;

/** Returns the most informative output line. A long line keeps both ends, which name the question and the reason. */
function complaint(program: string, stderr: string, stdout: string): string {
  const lines = (stderr.trim() === "" ? stdout : stderr).split("\n").map((line) => line.trim());
  const line = lines.find((one) => /error/i.test(one)) ?? lines.filter(Boolean).pop() ?? "failed without output";
  const text = `${program}: ${line.replace(/^(?:go:|npm error|\[ERROR\]) /, "")}`;
  const half = COMPLAINT_LENGTH / 2;
  return text.length <= COMPLAINT_LENGTH ? text : `${text.slice(0, half)} ... ${text.slice(-half)}`;
}
