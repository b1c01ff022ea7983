/**
 * Ends every command when this plugin ends, even if the plugin is killed. A small shell in a session of its own knows
 * the process groups of the running commands. It ends those that are left when the pipe from this process closes.
 */
import { ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

const script = `
live=" "
while read -r what group; do
  case $what in
    start) live="$live$group " ;;
    end) live="\${live%% $group *} \${live#* $group }" ;;
  esac
done
for group in $live; do kill -TERM "-$group" 2>/dev/null; done
[ "$live" = " " ] || sleep 5
for group in $live; do kill -KILL "-$group" 2>/dev/null; done
`;

let reaper: (ChildProcess & { stdin: Writable }) | undefined;

function report(line: string): void {
  if (reaper === undefined) {
    reaper = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    // Without the reaper everything works, except the clean-up after a killed plugin.
    reaper.on("error", () => undefined);
    reaper.stdin.on("error", () => undefined);
    reaper.unref();
    (reaper.stdin as Writable & { unref(): void }).unref();
  }
  reaper.stdin.write(`${line}\n`);
}

/** Registers a process group. @param group id of a process group that ends with this plugin */
export function watch(group: number): void {
  report(`start ${group}`);
}

/** Unregisters a group whose leader has ended; processes that it left running on purpose may continue. */
export function release(group: number): void {
  report(`end ${group}`);
}
