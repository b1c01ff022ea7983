/** Options with which this machine logs in to the stack's boxes. */
import { Context } from "./context";
import { statePaths } from "./environment";

/** Options of ssh for sessions without a user. A box that stops answering ends the session within half a minute. */
export const unattended = ["-o", "BatchMode=yes", "-o", "ServerAliveInterval=10"] as const;

/** Options that allow only our key and only the boxes' own host keys. */
export function sshOptions(context: Context, connectSeconds = 10): string[] {
  const options = {
    IdentitiesOnly: "yes",
    UserKnownHostsFile: statePaths.knownHosts(context),
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    ConnectTimeout: String(connectSeconds),
    LogLevel: "ERROR",
  };
  return [
    "-i",
    statePaths.sshKey(context),
    ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
  ];
}
