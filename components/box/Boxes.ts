import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { guardFoundation, recordFoundation } from "./foundation";
import { boxGenerations } from "./generations";
import type { Plan, PlannedBox, Settings } from "@inaetics/model/cluster";
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

/** A node's place in the plan and its machine. */
export interface NodeBox {
  readonly planned: PlannedBox;
  readonly box: VagrantBox;
}

/** All machines of the cluster, one login for them, and their host keys. */
export class Boxes extends pulumi.ComponentResource {
  readonly controller: VagrantBox;
  readonly nodes: readonly NodeBox[];
  readonly login: SshLogin;
  readonly knownHosts: KnownHosts;

  constructor(name: string, args: BoxesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:Boxes", name, {}, opts);
    const { plan, settings, workstation } = args;
    const { cluster } = plan;
    guardFoundation(settings, workstation.run);
    const foundation = recordFoundation("foundation", settings, workstation.run, { parent: this });
    const planned = [plan.controller, ...Object.values(plan.nodes)];
    const names = planned.map((box) => box.name);
    const generations = boxGenerations(
      settings.boxProvider,
      cluster,
      workstation.run,
      join(workstation.project, "vagrant"),
      names,
    );
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
          generation: generations[box.name] ?? "1",
          protect: settings.protect,
        },
        { parent: this, ...passDown({ dependsOn: [foundation] }) },
      );
    this.login = login;
    this.controller = make(plan.controller);
    this.nodes = Object.values(plan.nodes).map((node) => ({ planned: node, box: make(node) }));
    const machines = [this.controller, ...this.nodes.map(({ box }) => box)];
    const hosts = Object.fromEntries(machines.map((box) => [box.address, box.hostKey]));
    this.knownHosts = new KnownHosts("known-hosts", { runFolder: workstation.run, hosts }, { parent: this });
    this.registerOutputs({});
  }
}
