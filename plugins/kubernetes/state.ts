/** What Pulumi keeps of an object: its last known live form, and beside it what the provider needs to know again. */
import { Properties, secret, Value } from "../lib";
import { markSecrets } from "./check";
import { KubeObject, text, without } from "./objects";

const inputsKey = "__inputs";
const managerKey = "__fieldManager";
const versionKey = "__initialApiVersion";

/** @param secretInputs keys of the inputs that are secret or contain something secret */
export function stateOf(
  live: KubeObject,
  inputs: KubeObject,
  manager: string,
  secretInputs: ReadonlySet<string>,
): Properties {
  const lastApplied = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];
  let shown = without(live, ["metadata", "managedFields"]);
  if (text(live, "kind") === "Secret") shown = without(shown, lastApplied);
  const kept = Object.entries(markSecrets(inputs)).map(([key, value]): [string, Value | undefined] => [
    key,
    value !== undefined && secretInputs.has(key) ? secret(value) : value,
  ]);
  return {
    ...markSecrets(shown),
    [inputsKey]: Object.fromEntries(kept),
    [versionKey]: text(inputs, "apiVersion") || text(live, "apiVersion"),
    [managerKey]: manager,
  };
}

/** The live object in a state. */
export function liveOf(state: Properties): KubeObject {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !key.startsWith("__")));
}

/** The name under which the object's fields are managed; empty when the state does not say. */
export function managerOf(state: Properties): string {
  return text(state, managerKey);
}

/** The inputs of the last update, for engines that do not send them. */
export function inputsOf(state: Properties, oldInputs: Properties): KubeObject {
  const kept = state[inputsKey];
  const sent = Object.keys(oldInputs).length > 0;
  return sent || typeof kept !== "object" || kept === null ? oldInputs : (kept as KubeObject);
}
