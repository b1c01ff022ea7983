import type { Command } from "commander";
import { requireStarted } from "../boxes/states";
import { passThrough, type ContextOf } from "../registration/actions";

/** `./cluster ssh` */
export function register(program: Command, context: ContextOf): void {
  const description = "log in to a box, or run a command there: ssh BOX [COMMAND...]";
  passThrough(program, context, "ssh", description, async (stack, [box = "", ...words]) => {
    await requireStarted(stack);
    const { ssh } = await import("../boxes/ssh.js");
    return ssh(stack, box, words);
  });
}
