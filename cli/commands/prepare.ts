import type { Command } from "commander";
import { createProgress } from "@inaetics/workstation";
import type { ContextOf } from "../registration/actions";
import { setUp } from "../setup";

/** `./cluster prepare` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("prepare")
    .description("get everything that later commands need, so that they run without a network")
    .action(async () => setUp(context(), createProgress(), { thorough: true }));
}
