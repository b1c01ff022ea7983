import { discoveryTree, renderTree } from "@inaetics/discovery";
import { Context } from "@inaetics/stack";
import { readDiscovery } from "./etcd";

/** Prints the content of discovery: services, endpoints and wires. */
export async function showDiscovery(context: Context, json: boolean): Promise<void> {
  const tree = discoveryTree(await readDiscovery(context));
  process.stdout.write(json ? `${JSON.stringify(tree, null, 2)}\n` : renderTree(tree));
}
