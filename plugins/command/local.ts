/** command:local:Command and command:local:run. */
import { Context, Failure, InvalidArgument, Properties, unknown } from "../lib";
import { findAssets } from "./assets";
import { commandResource, expectString } from "./command";
import { Place, runLocally } from "./process";
import { Logging, Runner } from "./run";

const shell: readonly string[] = ["/bin/sh", "-c"];

export const localCommand = commandResource({
  inputs: ["dir", "interpreter", "assetPaths", "archivePaths"],
  check: (inputs) => [
    ...expectString(inputs, "dir"),
    ...["interpreter", "assetPaths", "archivePaths"].flatMap((key) => expectStrings(inputs, key)),
  ],
  runner: (inputs): Runner => {
    const place = placeOf(inputs);
    return (script, context) => runLocally(place, script, context);
  },
  found: (inputs) => findAssets(inputs),
});

/** The function `run`: runs the command at once, in previews too. */
export async function runFunction(args: Properties, context: Context): Promise<Properties> {
  const command = args["command"];
  if (typeof command !== "string") throw new InvalidArgument("command: must be a string");
  const script = {
    text: command,
    environment: (args["environment"] ?? {}) as Readonly<Record<string, string>>,
    stdin: typeof args["stdin"] === "string" ? args["stdin"] : undefined,
    logging: (args["logging"] ?? "stdoutAndStderr") as Logging,
  };
  const output = await runLocally(placeOf(args), script, context);
  return { ...args, ...(await findAssets(args)), ...output };
}

function placeOf(inputs: Properties): Place {
  const interpreter = inputs["interpreter"];
  const given = Array.isArray(interpreter) && interpreter.length > 0 ? (interpreter as readonly string[]) : shell;
  return { dir: typeof inputs["dir"] === "string" ? inputs["dir"] : undefined, interpreter: given };
}

function expectStrings(inputs: Properties, key: string): Failure[] {
  const value = inputs[key];
  if (value === undefined || value === null || value === unknown) return [];
  const fine = Array.isArray(value) && value.every((item) => item === unknown || typeof item === "string");
  return fine ? [] : [{ property: key, reason: "must be an array of strings" }];
}
