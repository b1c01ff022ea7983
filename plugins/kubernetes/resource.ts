/** The life of one object: what the engine asks, in terms of the other modules. */
import * as crypto from "node:crypto";
import * as lib from "../lib";
import { annotations } from "./annotations";
import { Write, createObject, updateObject } from "./apply";
import { NotReady, assertReady, waitUntilReady } from "./await/wait";
import { checkInputs, kindOfType } from "./check";
import { diffObjects } from "./diff";
import { driftedInputs, importedInputs } from "./drift";
import { AlreadyExists, ApiError, isGone, NoSuchKind, Unreachable } from "./errors";
import { annotation, at, idOf, KubeObject, nameOf, parseId, text, withValue, without } from "./objects";
import { removeObject } from "./remove";
import { Session } from "./session";
import { inputsOf, liveOf, managerOf, stateOf } from "./state";

const noSecrets: ReadonlySet<string> = new Set();

export class ObjectHandler implements lib.ResourceHandler {
  constructor(private readonly session: Session) {}

  check(request: lib.CheckRequest): Promise<lib.CheckResult> {
    const { settings } = this.session;
    return checkInputs(request, {
      namespace: this.session.defaultNamespace(),
      isNamespaced: (apiVersion, kind) => this.session.isNamespaced(apiVersion, kind),
      managedByLabel: !settings.serverSide,
    });
  }

  diff(request: lib.DiffRequest): Promise<lib.Diff> {
    const oldInputs = inputsOf(request.state, request.oldInputs);
    return Promise.resolve(diffObjects({ ...request, oldInputs }, this.session.settings.mutability));
  }

  async create(request: lib.CreateRequest): Promise<lib.Created> {
    const write = this.write(request, {});
    if (request.preview) {
      const outputs = await this.previewed(write, () => createObject(write));
      return { id: "", outputs: withUnknownAddress(outputs, request.inputs) };
    }
    const written = await createObject(write);
    const outputs = (live: KubeObject) => stateOf(live, request.inputs, write.manager, request.secretInputs);
    const live = await this.ready(write, written, (object) => ({ id: idOf(object), outputs: outputs(object) }));
    return { id: idOf(live), outputs: outputs(live) };
  }

  async update(request: lib.UpdateRequest): Promise<lib.Properties> {
    const write = this.write(request, request.state);
    const oldInputs = inputsOf(request.state, request.oldInputs);
    const run = () => updateObject(write, oldInputs, request.ignoreChanges);
    if (request.preview) return this.previewed(write, run);
    const written = await run();
    const outputs = (live: KubeObject) => stateOf(live, request.inputs, write.manager, request.secretInputs);
    return outputs(await this.ready(write, written, (live) => ({ id: request.id, outputs: outputs(live) })));
  }

  async read(request: lib.ReadRequest): Promise<lib.ReadResult | undefined> {
    const { cluster, settings } = this.session;
    const known = liveOf(request.state ?? {});
    try {
      const live = await cluster().get(this.identity(request, known), { signal: request.signal });
      return await this.readResult(request, known, live);
    } catch (error) {
      if (isGone(error)) return undefined;
      if (!(error instanceof Unreachable) || !settings.deleteUnreachable) throw unreachableHint(error);
      request.log("warning", `${error.message}; deleteUnreachable is set: taken out of the state`);
      return undefined;
    }
  }

  async delete(request: lib.DeleteRequest): Promise<void> {
    const live = liveOf(request.state);
    const known = nameOf(live) === "" ? this.identity(request, live) : live;
    try {
      await removeObject(this.session.cluster(), known, quiet(request));
    } catch (error) {
      if (!(error instanceof Unreachable) || !this.session.settings.deleteUnreachable) throw unreachableHint(error);
      request.log("warning", `${error.message}; deleteUnreachable is set: taken out of the state`);
    }
  }

  private write(request: lib.CreateRequest | lib.UpdateRequest, state: lib.Properties): Write {
    const { settings, cluster } = this.session;
    // A name that the API server made (generateName) is known from the state only.
    const name = nameOf(liveOf(state));
    const named = nameOf(request.inputs) === "" && name !== "";
    return {
      cluster: cluster(),
      context: quiet(request),
      settings,
      inputs: named ? withValue(request.inputs, ["metadata", "name"], name) : request.inputs,
      manager: this.manager(request, state),
      dryRun: request.preview,
    };
  }

  /** The same for the whole life of a resource, also when a create was interrupted before its state was kept. */
  private manager(request: lib.Context & { inputs?: lib.Properties }, state: lib.Properties): string {
    if (!this.session.settings.serverSide) return "pulumi-kubernetes";
    const chosen = annotation(request.inputs ?? {}, annotations.patchFieldManager);
    const hash = crypto.createHash("sha256").update(request.urn).digest("hex").slice(0, 8);
    return chosen || managerOf(state) || `pulumi-kubernetes-${hash}`;
  }

  /** What the API server would make of it, where it can be asked; else the inputs. Refusals show in the preview. */
  private async previewed(write: Write, run: () => Promise<KubeObject>): Promise<lib.Properties> {
    const { inputs } = write;
    if (lib.containsUnknown(inputs)) return inputs;
    try {
      return withoutPassing(await run());
    } catch (error) {
      if (error instanceof NoSuchKind || error instanceof Unreachable) return inputs;
      // It may be what this one replaces: that is still there in a preview.
      if (error instanceof AlreadyExists) return inputs;
      // What it needs (a namespace, a service account) may be made by the same update.
      if (error instanceof ApiError && [403, 404].includes(error.code)) return inputs;
      if (error instanceof ApiError && /dry ?run/i.test(error.message)) return inputs;
      throw error;
    }
  }

  private async ready(
    write: Write,
    written: KubeObject,
    state: (live: KubeObject) => lib.Created,
  ): Promise<KubeObject> {
    try {
      return await waitUntilReady(write.cluster, write.inputs, written, write.context);
    } catch (error) {
      if (!(error instanceof NotReady)) throw error;
      throw new lib.InitializationFailed(error.message, state(error.object), error.reasons);
    }
  }

  private identity(request: lib.Context & { id: string }, known: KubeObject): KubeObject {
    const { namespace, name } = parseId(request.id);
    const kind = kindOfType(request.type);
    const metadata = { name, ...(namespace === "" ? {} : { namespace }) };
    return {
      apiVersion: text(known, "apiVersion") || kind?.apiVersion,
      kind: text(known, "kind") || kind?.kind,
      metadata,
    };
  }

  private async readResult(request: lib.ReadRequest, known: KubeObject, live: KubeObject): Promise<lib.ReadResult> {
    const imported = Object.keys(known).length === 0 || Object.keys(request.inputs ?? {}).length === 0;
    const inputs = imported ? importedInputs(live) : driftedInputs(request.inputs ?? {}, known, live);
    const outputs = stateOf(live, inputs, this.manager({ ...request, inputs }, request.state ?? {}), noSecrets);
    const result = { id: request.id, outputs, inputs: markedLike(outputs, inputs) };
    if (imported) return result;
    await assertReady(this.session.cluster(), inputs, live, request.signal).catch((error: unknown) => {
      if (error instanceof NotReady) throw new lib.InitializationFailed(error.message, result, error.reasons);
      throw error;
    });
    return result;
  }
}

/** The inputs as the state keeps them, with what is always secret marked. */
function markedLike(outputs: lib.Properties, inputs: KubeObject): lib.Properties {
  const kept = outputs["__inputs"];
  return lib.isObject(kept) ? kept : inputs;
}

/** Without what is only known, or different, after the real update. */
function withoutPassing(answer: KubeObject): KubeObject {
  const passing = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"];
  return [["status"], ...passing.map((key) => ["metadata", key])].reduce(without, answer);
}

/** The address of a new Service is made up by the real update; others may already depend on it. */
function withUnknownAddress(outputs: lib.Properties, inputs: KubeObject): lib.Properties {
  const open = text(inputs, "kind") === "Service" && at(inputs, "spec", "clusterIP") === undefined;
  if (!open || !lib.isObject(outputs["spec"])) return outputs;
  return withValue(without(outputs, ["spec", "clusterIPs"]), ["spec", "clusterIP"], lib.unknown);
}

function unreachableHint(error: unknown): unknown {
  if (!(error instanceof Unreachable)) return error;
  return new Error(
    `${error.message}. If the cluster was deleted, remove this resource from Pulumi's state by running again with ` +
      'the environment variable PULUMI_K8S_DELETE_UNREACHABLE set to "true"',
  );
}

/** The same context, but the display hears of each state once only. */
function quiet<C extends lib.Context>(context: C): C {
  let last = "";
  const status = (message: string) => {
    if (message !== last) context.log.status(message);
    last = message;
  };
  const log = (severity: lib.Severity, message: string) => context.log(severity, message);
  return { ...context, log: Object.assign(log, { status }) };
}
