import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { guardFoundation, recordFoundation } from "./foundation";
import { createContext, surveyCommand } from "@inaetics/stack";
import { boxGenerations } from "./generations";
import { boxesOf, type Plan, type PlannedBox, type Settings } from "@inaetics/model/cluster";
import { findDifferences } from "./differences";
import { KnownHosts, SshLogin } from "./SshLogin";
import { VagrantBox } from "./VagrantBox";
import { passDown } from "../options";
import type { Workstation } from "../workstation";

/** Arguments of {@link Boxes}. */
export interface BoxesArgs {
  readonly plan: Plan;
  readonly settings: Settings;
  readonly workstation: Workstation;
}

/** A box's place in the plan and its machine. */
export interface MachineBox {
  readonly planned: PlannedBox;
  readonly box: VagrantBox;
}

/** All machines of the cluster, one login for them, and their host keys. */
export class Boxes extends pulumi.ComponentResource {
  /** First controller. */
  readonly controller: VagrantBox;
  /** The controllers after the first one. */
  readonly furtherControllers: readonly MachineBox[];
  readonly nodes: readonly MachineBox[];
  readonly login: SshLogin;
  readonly knownHosts: KnownHosts;

  constructor(name: string, args: BoxesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:Boxes", name, {}, opts);
    const { plan, settings, workstation } = args;
    const { cluster } = plan;
    guardFoundation(settings, workstation.run);
    const foundation = recordFoundation("foundation", settings, workstation.run, { parent: this });
    const planned = boxesOf(plan);
    const names = planned.map((box) => box.name);
    const generations = boxGenerations(
      settings.boxProvider,
      cluster,
      workstation.run,
      join(workstation.project, "vagrant"),
      names,
    );
    const context = createContext(process.env, pulumi.getStack());
    const differences = findDifferences(context, planned, generations);
    const login = new SshLogin("login", { cluster, runFolder: workstation.run }, { parent: this });
    const make = (box: PlannedBox): VagrantBox =>
      new VagrantBox(
        box.name,
        {
          cluster,
          box,
          login,
          provider: settings.boxProvider,
          subnet: settings.subnet,
          runFolder: workstation.run,
          cacheFolder: workstation.cache,
          protect: settings.protect,
          generation: generations[box.name]?.wanted ?? "1",
          survey: { ssh: surveyCommand(context, box.address), found: differences(box.name) },
        },
        { parent: this, ...passDown({ dependsOn: [foundation] }) },
      );
    this.login = login;
    this.controller = make(plan.controller);
    const machine = (planned: PlannedBox): MachineBox => ({ planned, box: make(planned) });
    this.furtherControllers = plan.controllers.slice(1).map(machine);
    this.nodes = Object.values(plan.nodes).map(machine);
    const machines = [this.controller, ...[...this.furtherControllers, ...this.nodes].map(({ box }) => box)];
    const hosts = Object.fromEntries(machines.map((box) => [box.address, box.hostKey]));
    this.knownHosts = new KnownHosts("known-hosts", { runFolder: workstation.run, hosts }, { parent: this });
    this.registerOutputs({});
  }
}
