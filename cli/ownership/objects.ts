/** A cluster's objects in docker, found by their label. */
import { clusterFilter } from "@inaetics/model";
import { Context } from "@inaetics/stack";
import { Failure, run } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";

export const objectKinds = ["container", "network", "volume"] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** An object in docker with the labels that show its owner; a label is empty when earlier versions set none. */
export interface DockerObject {
  readonly kind: ObjectKind;
  readonly name: string;
  /** `running` or another state of a container; empty for others. */
  readonly state: string;
  /** Id of the checkout that made it. */
  readonly checkout: string;
  /** The checkout's folder `vagrant`. */
  readonly folder: string;
}

/** Arguments of docker that list each kind, and the template of its name and state. */
const lists: Readonly<Record<ObjectKind, { readonly args: readonly string[]; readonly name: string }>> = {
  container: { args: ["ps", "--all"], name: "{{.Names}}\t{{.State}}" },
  network: { args: ["network", "ls"], name: "{{.Name}}\t" },
  volume: { args: ["volume", "ls"], name: "{{.Name}}\t" },
};

/** Finds all docker objects with the cluster's label. Throws a Failure when docker does not answer. */
export async function dockerObjects(context: Context): Promise<readonly DockerObject[]> {
  return (await Promise.all(objectKinds.map((kind) => list(context, kind)))).flat();
}

async function list(context: Context, kind: ObjectKind): Promise<DockerObject[]> {
  const { args, name } = lists[kind];
  const format = `${name}\t{{.Label "inaetics.checkout"}}\t{{.Label "inaetics.folder"}}`;
  const text = await run("docker", [...args, "--filter", clusterFilter(context.cluster), "--format", format], {
    timeout: 60_000,
  });
  return readObjects(kind, text);
}

/** Reads docker's lines of name, state and labels. Pure. */
export function readObjects(kind: ObjectKind, text: string): DockerObject[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", state = "", checkout = "", folder = ""] = line.split("\t");
      return { kind, name, state, checkout, folder };
    });
}

/** Returns the names of the objects of a kind. */
export function namesOf(objects: readonly DockerObject[], kind: ObjectKind): readonly string[] {
  return objects.filter((object) => object.kind === kind).map(({ name }) => name);
}

/** Describes objects for messages: `container a, network b`. */
export function describeObjects(objects: readonly DockerObject[]): string {
  return objects.map(({ kind, name }) => `${kind} ${name}`).join(", ");
}

/** Removes containers, then the objects that only they used. Throws a Failure that lists what is still there. */
export async function removeDockerObjects(context: Context, objects: readonly DockerObject[]): Promise<void> {
  const remove = async (command: readonly string[], kind: ObjectKind) => {
    const names = namesOf(objects, kind);
    if (names.length > 0) await run("docker", [...command, ...names], { timeout: 120_000 });
  };
  try {
    await remove(["rm", "--force", "--volumes"], "container");
    await Promise.all([remove(["network", "rm"], "network"), remove(["volume", "rm", "--force"], "volume")]);
  } catch (error) {
    const still = await dockerObjects(context);
    throw new Failure(
      `docker still has objects of ${context.cluster}: ${describeObjects(still)}\n${messageOf(error)}`,
      "Correct the cause and run the same command again.",
    );
  }
}
