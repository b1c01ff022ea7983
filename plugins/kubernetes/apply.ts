/** Writes inputs to the cluster: by server-side apply, or as plain create and merge patch where that is switched off. */
import { setTimeout as sleep } from "node:timers/promises";
import { Context, isObject, Properties, Value } from "../lib";
import { annotations } from "./annotations";
import { Cluster } from "./cluster";
import { segments } from "./diff";
import { AlreadyExists, ApiError, NoSuchKind } from "./errors";
import { isBuiltIn } from "./discovery";
import { annotation, at, describe, idOf, KubeObject, list, nameOf, text, withValue, without } from "./objects";
import { gone } from "./remove";

export interface ApplySettings {
  readonly serverSide: boolean;
  /** Take fields over from other managers, whatever the object says. */
  readonly force: boolean;
  /** Take an existing object over instead of failing. */
  readonly upsert: boolean;
}

export interface Write {
  readonly cluster: Cluster;
  readonly context: Context;
  readonly settings: ApplySettings;
  readonly inputs: KubeObject;
  readonly manager: string;
  readonly dryRun: boolean;
}

/** How long a custom resource waits for its definition, and a pod for its service account, that are just being made. */
const patienceMs = 15_000;

/**
 * Makes the object.
 * @throws AlreadyExists, and whatever the API server has against it
 */
export async function createObject(write: Write): Promise<KubeObject> {
  const { inputs, settings } = write;
  if (nameOf(inputs) === "") return patiently(write, () => write.cluster.create(inputs, options(write)));
  const existing = await patiently(write, () => write.cluster.find(inputs, { signal: write.context.signal }));
  if (existing && at(existing, "metadata", "deletionTimestamp") !== undefined && !write.dryRun) {
    write.context.log.status(`waiting until the former ${describe(inputs)} is gone`);
    await gone(write.cluster, existing, write.context.signal);
  } else if (existing && !settings.upsert) {
    throw alreadyExists(inputs);
  } else if (existing && !settings.serverSide) {
    return write.cluster.mergePatch(inputs, inputs, options(write));
  }
  return patiently(write, () =>
    settings.serverSide ? apply(write, inputs) : write.cluster.create(inputs, options(write)),
  );
}

/**
 * Changes the object, or makes it again where it is gone.
 * @param ignoreChanges paths whose values are left to others
 */
export async function updateObject(
  write: Write,
  oldInputs: KubeObject,
  ignoreChanges: readonly string[],
): Promise<KubeObject> {
  if (!write.settings.serverSide) return mergeUpdate(write, oldInputs);
  if (ignoreChanges.length === 0) return apply(write, write.inputs);
  const live = await write.cluster.find(write.inputs, { signal: write.context.signal });
  return apply(write, live ? leaveToOthers(write, live, ignoreChanges) : write.inputs);
}

function options(write: Write) {
  return {
    manager: write.manager,
    force: write.settings.force || annotation(write.inputs, annotations.patchForce) === "true",
    dryRun: write.dryRun,
    signal: write.context.signal,
    onWarning: (message: string) => write.context.log("warning", `${describe(write.inputs)}: ${message}`),
  };
}

async function apply(write: Write, object: KubeObject): Promise<KubeObject> {
  try {
    return await write.cluster.apply(object, options(write));
  } catch (error) {
    throw error instanceof ApiError && error.conflicts.length > 0 ? conflict(write, error) : error;
  }
}

function conflict(write: Write, error: ApiError): Error {
  const fields = error.conflicts.map((each) => `  ${each.field}: ${each.message}`);
  return new Error(
    [
      `Server-Side Apply field conflict detected: ${describe(write.inputs)} has fields that others manage ` +
        `(this resource's field manager is "${write.manager}").`,
      ...fields,
      "Either leave these fields out of the program (or name them in ignoreChanges), or take them over with the annotation " +
        `${annotations.patchForce}: "true".`,
      error.message,
    ].join("\n"),
  );
}

function alreadyExists(inputs: KubeObject): AlreadyExists {
  return new AlreadyExists(
    `resource ${idOf(inputs)} was not successfully created by the Kubernetes API server: ${describe(inputs)} already exists. ` +
      "Import it, remove it, or set upsertExistingObjects of the provider to take it over",
  );
}

/** Tries again while what the object needs may still be on its way. */
async function patiently<T>(write: Write, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + (write.dryRun ? 0 : patienceMs);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline || !mayBeEarly(error, write.inputs)) throw error;
      write.context.log.status(`trying again: ${(error as Error).message}`);
      // Cancelled or timed out meanwhile: what it was waiting for says more than that.
      await sleep(500, undefined, { signal: write.context.signal }).catch(() => Promise.reject(error as Error));
    }
  }
}

function mayBeEarly(error: unknown, inputs: KubeObject): boolean {
  if (error instanceof NoSuchKind) return !isBuiltIn(text(inputs, "apiVersion"));
  if (!(error instanceof ApiError)) return false;
  // A definition that is established is served some moments later only; a service account is made after its namespace.
  if (error.code === 404 && !isBuiltIn(text(inputs, "apiVersion")))
    return !/namespaces? ".*" not found/.test(error.message);
  return error.code === 403 && /service ?account .*not found/.test(error.message);
}

/**
 * The object to apply when some of its fields are left to others: a field that another manager has is left out, so that
 * it stays as it is there; any other is sent as it is in the cluster.
 */
function leaveToOthers(write: Write, live: KubeObject, ignoreChanges: readonly string[]): KubeObject {
  return ignoreChanges.reduce((object, path) => {
    const keys = segments(path);
    if (isManagedByOthers(live, write.manager, keys)) return without(object, keys);
    const value = at(live, ...keys);
    return value === undefined || at(object, ...keys) === undefined ? object : withValue(object, keys, value);
  }, write.inputs);
}

function isManagedByOthers(live: KubeObject, manager: string, keys: readonly string[]): boolean {
  return list(live, "metadata", "managedFields").some((entry) => {
    const owned = at(entry, "fieldsV1", ...keys.map((key) => `f:${key}`));
    return owned !== undefined && text(entry, "manager") !== manager;
  });
}

async function mergeUpdate(write: Write, oldInputs: KubeObject): Promise<KubeObject> {
  const live = await write.cluster.find(write.inputs, { signal: write.context.signal });
  if (!live) return write.cluster.create(write.inputs, options(write));
  return write.cluster.mergePatch(write.inputs, mergePatch(oldInputs, write.inputs), options(write));
}

/** RFC 7386: null removes what the inputs no longer have. */
export function mergePatch(before: Properties, after: Properties): Properties {
  // Own properties only: a key may be called "toString".
  const own = (object: Properties, key: string) => (Object.hasOwn(object, key) ? object[key] : undefined);
  const removed = Object.keys(before).filter((key) => own(after, key) === undefined);
  const changed = Object.entries(after).map(([key, value]): [string, Value | undefined] => {
    const old = own(before, key);
    return [key, isObject(value) && isObject(old) ? mergePatch(old, value) : value];
  });
  return Object.fromEntries([...removed.map((key): [string, null] => [key, null]), ...changed]);
}
