/** The provider that serves the schema of @pulumi/command. */
import type { Provider } from "../lib";
import { localCommand, runFunction } from "./local";
import { closeConnections } from "./connection";
import { copyFile, copyToRemote } from "./copy";
import { remoteCommand } from "./remote";

const resources = new Map([
  ["command:local:Command", localCommand],
  ["command:remote:Command", remoteCommand],
  ["command:remote:CopyToRemote", copyToRemote],
  ["command:remote:CopyFile", copyFile],
]);

export const provider: Provider = {
  name: "command",
  version: "1.2.1",
  resource: (type) => resources.get(type),
  invoke: (token, args, context) => {
    if (token !== "command:local:run")
      throw new Error(`command: got the function ${token}; allowed: command:local:run`);
    return runFunction(args, context);
  },
  stop: closeConnections,
};
