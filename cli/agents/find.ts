import { Context, getObjects, namespace } from "@inaetics/stack";
import { AgentPod, agentPods, groups, PodObject, selectorOf } from "./pods";

/** Reads the pods of all agents from the API server, by group and name. */
export async function findAgents(context: Context): Promise<readonly AgentPod[]> {
  const selector = `--selector=${selectorOf(groups.map(({ role }) => role))}`;
  return agentPods(await getObjects<PodObject>(context, ["pods", `--namespace=${namespace}`, selector]));
}
