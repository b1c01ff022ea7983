import * as fs from "node:fs";
import { clusterFilter } from "@inaetics/model";
import { Context } from "@inaetics/stack";
import { run } from "@inaetics/workstation";

/** Names of a cluster's objects in docker. */
export interface DockerObjects {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/** Finds all docker objects with the cluster's label. */
export async function dockerObjects(context: Context): Promise<DockerObjects> {
  const filter = ["--filter", clusterFilter(context.cluster)];
  const [containers, networks, volumes] = await Promise.all([
    lines(["ps", "--all", ...filter, "--format", "{{.Names}}"]),
    lines(["network", "ls", ...filter, "--format", "{{.Name}}"]),
    lines(["volume", "ls", ...filter, "--format", "{{.Name}}"]),
  ]);
  return { containers, networks, volumes };
}

async function lines(args: readonly string[]): Promise<string[]> {
  return (await run("docker", args, { timeout: 60_000 })).split("\n").filter((line) => line !== "");
}

export function isEmpty(objects: DockerObjects): boolean {
  return objects.containers.length + objects.networks.length + objects.volumes.length === 0;
}

/** Describes objects for messages: `container a, network b`. */
export function describeObjects(objects: DockerObjects): string {
  return [
    ...objects.containers.map((name) => `container ${name}`),
    ...objects.networks.map((name) => `network ${name}`),
    ...objects.volumes.map((name) => `volume ${name}`),
  ].join(", ");
}

/** Removes the cluster's containers, then the objects that only they used. */
export async function removeDockerObjects(objects: DockerObjects): Promise<void> {
  const remove = async (command: readonly string[], names: readonly string[]) => {
    if (names.length > 0) await run("docker", [...command, ...names], { timeout: 120_000 });
  };
  await remove(["rm", "--force", "--volumes"], objects.containers);
  await Promise.all([
    remove(["network", "rm"], objects.networks),
    remove(["volume", "rm", "--force"], objects.volumes),
  ]);
}

/** Removes keys, kubeconfigs and Vagrant's records of the stack. */
export function removeRunFolder(context: Context): void {
  fs.rmSync(context.run, { recursive: true, force: true });
}
