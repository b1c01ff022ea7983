/** Completes and validates inputs: names, namespaces, and that type, apiVersion and kind agree. */
import * as crypto from "node:crypto";
import { CheckRequest, CheckResult, Failure, isObject, Properties, secret, unknown, Value } from "../lib";
import { annotations } from "./annotations";
import { annotation, at, KubeObject, nameOf, namespaceOf, text, withValue, without } from "./objects";

export interface CheckOptions {
  /** Namespace of objects that name none; empty: the API server's own default. */
  readonly namespace: string;
  readonly isNamespaced: (apiVersion: string, kind: string) => Promise<boolean>;
  /** Set of objects that are not server-side applied, as their managed fields do not say it. */
  readonly managedByLabel: boolean;
}

const managedBy = ["metadata", "labels", "app.kubernetes.io/managed-by"];
const readOnlyMetadata: readonly string[] = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** apiVersion and kind of a resource type, e.g. `kubernetes:core/v1:Service` -> v1, Service. */
export function kindOfType(type: string): { apiVersion: string; kind: string } | undefined {
  const [, version = "", kind = ""] = /^kubernetes:([^:]+\/[^:]+|v1):([^:]+)$/.exec(type) ?? [];
  return kind === "" ? undefined : { apiVersion: version.replace(/^core\/(?=v\d)/, ""), kind };
}

export async function checkInputs(request: CheckRequest, options: CheckOptions): Promise<CheckResult> {
  const expected = kindOfType(request.type);
  if (!expected)
    throw new Error(`got the resource type ${request.type}; allowed is kubernetes:<group>/<version>:<Kind>`);
  const given = cleaned(request.inputs);
  const failures = [...unsupported(expected.kind), ...disagreements(given, expected)];
  const metadata = given["metadata"];
  if (metadata !== unknown && metadata !== undefined && !isObject(metadata)) {
    failures.push({ property: "metadata", reason: `got ${JSON.stringify(metadata)}; allowed is an object` });
  }
  let inputs: KubeObject = { apiVersion: expected.apiVersion, kind: expected.kind, ...given };
  if (metadata !== unknown && failures.length === 0) {
    inputs = withName(inputs, request);
    inputs = await withDefaultNamespace(inputs, options);
    inputs = withLabel(inputs, request.oldInputs, options);
  }
  return { inputs: markSecrets(inputs), failures };
}

/** Without nulls and without what only the server may set; names that the SDKs had to change get theirs back. */
function cleaned(inputs: Properties): KubeObject {
  const plain = withoutNulls(inputs) as KubeObject;
  return readOnlyMetadata.reduce((object, key) => without(object, ["metadata", key]), plain);
}

function withoutNulls(value: Value): Value {
  if (Array.isArray(value)) return value.map((item: Value) => withoutNulls(item));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter((entry): entry is [string, Value] => (entry[1] ?? null) !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [apiName(key), withoutNulls(inner)]));
}

function apiName(key: string): string {
  return key.startsWith("x_kubernetes_") ? key.replace(/_/g, "-") : key;
}

function unsupported(kind: string): Failure[] {
  if (kind.endsWith("List") && kind !== "List") {
    return [{ property: "", reason: `${kind} cannot be created; use the kind of its items, one resource for each` }];
  }
  if (kind.endsWith("Patch") && kind !== "Patch") {
    return [
      { property: "", reason: `${kind}: the offline plugin does not have Patch resources; use the official one` },
    ];
  }
  return [];
}

function disagreements(inputs: KubeObject, expected: { apiVersion: string; kind: string }): Failure[] {
  return (["apiVersion", "kind"] as const).flatMap((property) => {
    const got = inputs[property];
    if (got === undefined || got === unknown || got === expected[property]) return [];
    return [{ property, reason: `got ${JSON.stringify(got)}; this resource type needs "${expected[property]}"` }];
  });
}

/** A name that is absent is made once and then kept: from the random seed, so that preview and update agree. */
function withName(inputs: KubeObject, request: CheckRequest): KubeObject {
  const name = at(inputs, "metadata", "name");
  if (name === unknown || (name ?? "") !== "" || text(inputs, "metadata", "generateName") !== "") return inputs;
  const old = request.oldInputs;
  const keep = old !== undefined && annotation(old, annotations.autonamed) === "true" && nameOf(old) !== "";
  const made = keep ? nameOf(old) : `${request.name}-${suffix(request.randomSeed)}`;
  const named = withValue(inputs, ["metadata", "name"], made);
  const annotated = at(named, "metadata", "annotations");
  return annotated === unknown ? named : withValue(named, ["metadata", "annotations", annotations.autonamed], "true");
}

function suffix(seed: Uint8Array): string {
  const random = seed.length > 0 ? crypto.createHash("sha256").update(seed).digest() : crypto.randomBytes(4);
  return random.toString("hex").slice(0, 8);
}

async function withDefaultNamespace(inputs: KubeObject, options: CheckOptions): Promise<KubeObject> {
  if (options.namespace === "" || at(inputs, "metadata", "namespace") === unknown || namespaceOf(inputs) !== "")
    return inputs;
  const namespaced = await options.isNamespaced(text(inputs, "apiVersion"), text(inputs, "kind"));
  return namespaced ? withValue(inputs, ["metadata", "namespace"], options.namespace) : inputs;
}

function withLabel(inputs: KubeObject, old: Properties | undefined, options: CheckOptions): KubeObject {
  const wanted = old === undefined ? options.managedByLabel : text(old, ...managedBy) === "pulumi";
  return wanted && at(inputs, "metadata", "labels") !== unknown ? withValue(inputs, managedBy, "pulumi") : inputs;
}

/** The data of a Secret is secret even when the program did not say so. */
export function markSecrets(object: KubeObject): KubeObject {
  if (text(object, "kind") !== "Secret" || text(object, "apiVersion") !== "v1") return object;
  const mark = (value: Value | undefined) => (value === undefined ? undefined : secret(value));
  const { data, stringData, ...rest } = object;
  return {
    ...rest,
    ...(data === undefined ? {} : { data: mark(data) }),
    ...(stringData === undefined ? {} : { stringData: mark(stringData) }),
  };
}
