/** The boxes that the state records, with the environment in which `vagrant/scripts/box` made them. */
import { isControllerBox } from "@inaetics/model/cluster";
import { Context, recordedResources, type RecordedResource } from "@inaetics/stack";
import { messageOf } from "@inaetics/base";
import { Failure } from "@inaetics/workstation";
import * as z from "zod/mini";

export interface Machine {
  /** Name of the box, such as `node-1`. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

const environmentSchema = z.record(z.string(), z.string());

/** Returns the machines among recorded resources, the controllers first. Pure. */
export function machinesOf(resources: readonly RecordedResource[]): readonly Machine[] {
  return resources
    .flatMap(({ urn, inputs }) => {
      const name = /::inaetics:box:Boxes\$inaetics:box:VagrantBox\$command:local:Command::(.+)-machine$/.exec(urn)?.[1];
      if (name === undefined) return [];
      return [{ name, environment: z.parse(environmentSchema, inputs?.["environment"]) }];
    })
    .sort((one, other) => Number(isControllerBox(other.name)) - Number(isControllerBox(one.name)));
}

/** Reads the machines of a stack. Throws a Failure when it has none. */
export function recordedMachines(context: Context): readonly Machine[] {
  let machines: readonly Machine[];
  try {
    machines = machinesOf(recordedResources(context));
  } catch (error) {
    throw new Failure(
      `the state of stack ${context.stack} names boxes in an unknown form: ${messageOf(error)}`,
      "Run: ./cluster up",
    );
  }
  if (machines.length > 0) return machines;
  throw new Failure(`stack ${context.stack} has no cluster`, "Run: ./cluster up");
}
