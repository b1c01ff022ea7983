import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { command as commandLine } from "@inaetics/base";
import type { VagrantBox } from "../box/VagrantBox";

/** Arguments of a {@link Condition}. */
export interface ConditionArgs {
  /** Box that is checked. */
  readonly box: VagrantBox;
  /** Names that `vagrant/scripts/wait-for` knows, for example `etcd` or `nodes=5`. */
  readonly conditions: readonly string[];
  /** A new value makes the conditions be checked again. */
  readonly revision: pulumi.Input<string>;
  /** Seconds until the update fails. */
  readonly timeout: number;
}

/**
 * Named conditions that must hold before dependent resources start. A time-out fails the update with each condition
 * that does not hold and its last error.
 */
export class Condition extends pulumi.ComponentResource {
  /** Resource to depend on. */
  readonly met: command.remote.Command;

  constructor(name: string, args: ConditionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:Condition", name, {}, opts);
    const words = [
      "sudo",
      "/opt/inaetics/vagrant/scripts/wait-for",
      ...args.conditions,
      "--timeout",
      String(args.timeout),
    ];
    this.met = new command.remote.Command(
      `${name}-met`,
      {
        connection: args.box.connection,
        create: pulumi.output(args.revision).apply((revision) => `${commandLine(...words)} # ${revision}`),
        addPreviousOutputInEnv: false,
      },
      { parent: this, deletedWith: args.box.machine, customTimeouts: timeouts(args.timeout) },
    );
    this.registerOutputs({});
  }
}

/** Adds a margin to the command's own deadline, because the command's message explains more. */
function timeouts(seconds: number): pulumi.CustomTimeouts {
  const limit = `${seconds + 30}s`;
  return { create: limit, update: limit };
}
