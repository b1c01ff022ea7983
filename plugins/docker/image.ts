/** docker:index/image:Image: an image built from a folder and pushed to a registry. */
import * as path from "node:path";
import {
  Change,
  CheckResult,
  containsUnknown,
  Context,
  differences,
  Failure,
  isObject,
  Properties,
  ResourceHandler,
  unknown,
} from "../lib";
import { build, localDigest, push, tryLogin } from "./build";
import { contextDigest, readContext } from "./context";
import { Daemon } from "./daemon";
import { dockerfileProblem } from "./dockerfile";
import { loginFor, parseImageName, serverAddress } from "./registry";

/** Daemon and logins from the provider's settings. */
export interface Settings {
  readonly daemon: Daemon;
  readonly logins: readonly Properties[];
}

/** Returns the Image resource. @param settings called when the daemon is needed, which is only in an update */
export function imageResource(settings: () => Settings): ResourceHandler {
  const apply = async (inputs: Properties, preview: boolean, context: Context): Promise<Properties> => {
    const run = !preview || (inputs["buildOnPreview"] === true && !containsUnknown(inputs));
    const digest = run ? await make(inputs, settings(), preview, context) : unknown;
    return { ...inputs, ...describe(inputs), repoDigest: digest };
  };
  return {
    check: ({ inputs }) => check(inputs),
    diff: ({ oldInputs, inputs }) => Promise.resolve({ changes: changes(oldInputs, inputs) }),
    create: async ({ inputs, preview, ...context }) => {
      return { id: idOf(inputs), outputs: await apply(inputs, preview, context) };
    },
    update: ({ inputs, preview, ...context }) => apply(inputs, preview, context),
    // Images are not deleted from daemon and registry, as documented: another resource may use them.
  };
}

async function make(inputs: Properties, { daemon, logins }: Settings, preview: boolean, context: Context) {
  const name = parseImageName(inputs["imageName"] as string);
  const given = isObject(inputs["build"]) ? inputs["build"] : {};
  const pushes = inputs["skipPush"] !== true && !preview;
  const login = pushes ? loginFor(name, inputs["registry"], logins) : undefined;
  if (pushes) await tryLogin(daemon, name, login, context);
  const source = await readContext(given["context"] as string, given["dockerfile"] as string);
  await build(daemon, `${name.repository}:${name.tag}`, given, source, context);
  if (preview) return unknown;
  if (!pushes) return localDigest(daemon, name, context);
  return `${name.repository}@${await push(daemon, name, login, context)}`;
}

function describe(inputs: Properties): Properties {
  const { imageName, registry, build: given } = inputs;
  const server = isObject(registry) && typeof registry["server"] === "string" ? registry["server"] : undefined;
  const { context, dockerfile, platform } = isObject(given) ? given : {};
  const fromName = () => (typeof imageName === "string" ? parseImageName(imageName).registry : unknown);
  const registryServer = server === undefined ? fromName() : serverAddress(server);
  return { imageName, baseImageName: imageName, registryServer, context, dockerfile, platform };
}

function idOf({ imageName }: Properties): string {
  return typeof imageName === "string" ? imageName : "";
}

/** Compares the inputs. User and password may change at any time without a new image. */
function changes(before: Properties, after: Properties): Map<string, Change> {
  const found = differences(before, after);
  for (const key of found.keys()) {
    if (key === "registry.username" || key === "registry.password") found.delete(key);
  }
  return found;
}

async function check(given: Properties): Promise<CheckResult> {
  const failures: Failure[] = [...checkName(given), ...checkRegistry(given)];
  const options = given["build"] ?? {};
  if (options === unknown) return { inputs: given, failures };
  if (!isObject(options))
    return { inputs: given, failures: [...failures, { property: "build", reason: "must be an object" }] };
  const folder = options["context"] ?? ".";
  const file = options["dockerfile"] ?? (typeof folder === "string" ? path.join(folder, "Dockerfile") : unknown);
  const inputs = {
    ...given,
    build: { ...options, context: folder, dockerfile: file, platform: options["platform"] ?? "linux/amd64" },
  };
  if (typeof folder !== "string" || typeof file !== "string") return { inputs, failures };
  try {
    const source = await readContext(folder, file);
    const problem = dockerfileProblem(source.text);
    if (problem !== undefined)
      failures.push({ property: "build.dockerfile", reason: `${path.resolve(file)}: ${problem}` });
    return { inputs: { ...inputs, build: { ...inputs.build, contextDigest: await contextDigest(source) } }, failures };
  } catch (error) {
    return { inputs, failures: [...failures, { property: "build", reason: (error as Error).message }] };
  }
}

function checkName({ imageName }: Properties): Failure[] {
  if (imageName === unknown) return [];
  try {
    parseImageName(typeof imageName === "string" ? imageName : "");
    return [];
  } catch (error) {
    return [{ property: "imageName", reason: (error as Error).message }];
  }
}

function checkRegistry({ imageName, registry, skipPush }: Properties): Failure[] {
  if (typeof imageName !== "string" || !isObject(registry) || skipPush === true) return [];
  const server = registry["server"];
  if (typeof server !== "string" || server === "" || checkName({ imageName }).length > 0) return [];
  const address = serverAddress(server);
  const { registry: own } = parseImageName(imageName);
  if (own === address || own === "docker.io") return [];
  return [{ property: "registry.server", reason: `is ${address}, but imageName "${imageName}" belongs to ${own}` }];
}
