import type { Command } from "commander";
import type { ContextOf, Register } from "../registration/actions";
import { register as adopt } from "./adopt";
import { register as agents } from "./agents";
import { register as backup } from "./backup";
import { register as console } from "./console";
import { register as destroy } from "./destroy";
import { register as discovery } from "./discovery";
import { register as doctor } from "./doctor";
import { register as env } from "./env";
import { register as fault } from "./fault";
import { register as kubeconfig } from "./kubeconfig";
import { register as kubectl } from "./kubectl";
import { register as logs } from "./logs";
import { register as prepare } from "./prepare";
import { register as preview } from "./preview";
import { register as pulumi } from "./pulumi";
import { register as purgeDiscovery } from "./purge-discovery";
import { register as refresh } from "./refresh";
import { register as restore } from "./restore";
import { register as scale } from "./scale";
import { register as ssh } from "./ssh";
import { register as start } from "./start";
import { register as status } from "./status";
import { register as stop } from "./stop";
import { register as test } from "./test";
import { register as up } from "./up";
import { register as verify } from "./verify";

/** All commands, in the order of `./cluster --help`. */
const commands: readonly Register[] = [
  up,
  stop,
  start,
  backup,
  restore,
  destroy,
  adopt,
  refresh,
  preview,
  test,
  prepare,
  status,
  logs,
  doctor,
  env,
  kubeconfig,
  scale,
  discovery,
  purgeDiscovery,
  console,
  fault,
  verify,
  agents,
  pulumi,
  kubectl,
  ssh,
];

/** Adds every command. */
export function registerCommands(program: Command, context: ContextOf): void {
  for (const register of commands) register(program, context);
}
