/** What inputs have become in the cluster: the inputs that a refresh or an import writes into the state. */
import { isDeepStrictEqual } from "node:util";
import { isObject, Properties, Value } from "../lib";
import { at, KubeObject, without } from "./objects";

/**
 * The inputs, with every value replaced by the live one where that has changed since the state was written.
 * Comparing live with live means that what the API server rewrites on arrival ("1000m" -> "1") is no drift.
 * What was not among the inputs stays out; what is gone is left out.
 */
export function driftedInputs(inputs: KubeObject, known: KubeObject, live: KubeObject): KubeObject {
  const result = Object.entries(inputs).flatMap(([key, input]) => {
    const value = input === undefined ? undefined : drifted(input, known[key], live[key]);
    return value === undefined ? [] : [[key, value] as const];
  });
  return withStringData(Object.fromEntries(result), known, live);
}

function drifted(input: Value, known: Value | undefined, live: Value | undefined): Value | undefined {
  if (isDeepStrictEqual(known, live)) return input;
  if (live === undefined) return undefined;
  if (isObject(input) && isObject(live)) {
    const before = isObject(known) ? known : {};
    const entries = Object.entries(input).map(([key, inner]) => [
      key,
      inner === undefined ? undefined : drifted(inner, before[key], live[key]),
    ]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Properties;
  }
  if (Array.isArray(input) && Array.isArray(live)) return driftedList(input, known, live);
  return live;
}

/** Element by element while nothing was added or removed; otherwise the live list as it is. */
function driftedList(input: readonly Value[], known: Value | undefined, live: readonly Value[]): Value {
  if (!Array.isArray(known) || known.length !== live.length || input.length !== live.length) return live;
  const before = known as readonly Value[];
  return live.map((value, index) => drifted(input[index] ?? null, before[index], value) ?? null);
}

/** The API server turns `stringData` into `data`: a changed value there is a changed input here. */
function withStringData(inputs: KubeObject, known: KubeObject, live: KubeObject): KubeObject {
  const texts = inputs["stringData"];
  if (!isObject(texts) || live["kind"] !== "Secret") return inputs;
  const [before, after] = [known["data"], live["data"]].map((data) => (isObject(data) ? data : {}));
  const entries = Object.entries(texts).flatMap(([key, value]) => {
    const now = after?.[key];
    if (before?.[key] === now) return [[key, value] as const];
    return typeof now === "string" ? [[key, Buffer.from(now, "base64").toString()] as const] : [];
  });
  return { ...inputs, stringData: Object.fromEntries(entries) };
}

/** Everything of a live object that a program could have written: the inputs of one that is imported. */
export function importedInputs(live: KubeObject): KubeObject {
  const serverOwned = [
    ...["creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"].map((key) => [
      "metadata",
      key,
    ]),
    ["metadata", "annotations", "deployment.kubernetes.io/revision"],
    ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
    ["status"],
  ];
  const cleaned = serverOwned.reduce(without, live);
  const annotations = at(cleaned, "metadata", "annotations");
  return isObject(annotations) && Object.keys(annotations).length === 0
    ? without(cleaned, ["metadata", "annotations"])
    : cleaned;
}
