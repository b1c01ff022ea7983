/**
 * Interface of a plugin: plain functions over plain values. The server around them (server.ts) handles the protocol.
 *
 * All inputs and states arrive without secret wrappers. A function's result is made secret again if the input of the
 * same key was secret. More can be marked with `secret(value)`.
 */
import { Properties } from "./values";

export type Severity = "debug" | "info" | "warning" | "error";

/** Messages to the engine; all of them in the order in which they were given. */
export interface Log {
  /** A line that stays on the screen and in the logs. */
  (severity: Severity, message: string): void;
  /** A short-lived line in the resource's row of the display ("waiting for ..."). */
  readonly status: (message: string) => void;
}

/** Facts that every call gets besides its values. */
export interface Context {
  /** Empty for calls about the provider as a whole. */
  readonly urn: string;
  /** `module:path:Kind` without the parents, e.g. "kubernetes:core/v1:Service"; empty for the provider. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  readonly log: Log;
  /** Aborted when the user cancels the update, and after the resource's customTimeouts; `signal.reason` is the error to throw. */
  readonly signal: AbortSignal;
}

export interface CheckRequest extends Context {
  readonly inputs: Properties;
  /** The checked inputs of the last update; undefined before the first one. */
  readonly oldInputs: Properties | undefined;
}

export interface Failure {
  /** Path of the input, e.g. "build.context"; empty for the whole resource. */
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  /** Inputs with defaults filled in, as passed to diff, create and update. */
  readonly inputs: Properties;
  readonly failures?: readonly Failure[];
}

export interface DiffRequest extends Context {
  readonly id: string;
  readonly state: Properties;
  readonly oldInputs: Properties;
  readonly inputs: Properties;
}

export interface Change {
  readonly kind: "add" | "delete" | "update";
  /** True when the property cannot be changed in place. */
  readonly replace?: boolean;
}

export interface Diff {
  /** By property path, e.g. `spec.template.spec.containers[0].image`; empty means no change. */
  readonly changes: ReadonlyMap<string, Change>;
}

export interface CreateRequest extends Context {
  readonly inputs: Properties;
  /** Keys of inputs that are, or contain, secrets. */
  readonly secretInputs: ReadonlySet<string>;
  /** True in a preview: nothing may be done, and outputs that are known only afterwards are `unknown`. */
  readonly preview: boolean;
}

export interface Created {
  readonly id: string;
  readonly outputs: Properties;
}

export interface ReadRequest extends Context {
  readonly id: string;
  /** Undefined when the resource is being imported or looked up by id. */
  readonly state: Properties | undefined;
  readonly inputs: Properties | undefined;
}

export interface ReadResult extends Created {
  readonly inputs: Properties;
}

export interface UpdateRequest extends Context {
  readonly id: string;
  readonly state: Properties;
  readonly oldInputs: Properties;
  readonly inputs: Properties;
  readonly secretInputs: ReadonlySet<string>;
  readonly preview: boolean;
}

export interface DeleteRequest extends Context {
  readonly id: string;
  readonly state: Properties;
  readonly oldInputs: Properties;
}

/** Behaviour of one type of resource. An absent function has the default given with it. */
export interface ResourceHandler {
  /** Default: the inputs are accepted unchanged. */
  check?(request: CheckRequest): Promise<CheckResult>;
  /** Default: every input that differs is changed in place, or by replacement without an `update`. */
  diff?(request: DiffRequest): Promise<Diff>;
  create(request: CreateRequest): Promise<Created>;
  /** Undefined when the resource is gone. Default: the state is unchanged. */
  read?(request: ReadRequest): Promise<ReadResult | undefined>;
  update?(request: UpdateRequest): Promise<Properties>;
  /** Default: nothing to do. */
  delete?(request: DeleteRequest): Promise<void>;
}

export interface Provider {
  readonly name: string;
  /** Must equal the version of the npm package whose programs it serves, else the engine warns. */
  readonly version: string;
  checkConfig?(request: CheckRequest): Promise<CheckResult>;
  /** Called once before any resource, unless a setting is unknown; objects and lists arrive as JSON texts or as values. */
  configure?(settings: Properties, context: Context): Promise<void>;
  /** Undefined when the type is unknown. */
  resource(type: string): ResourceHandler | undefined;
  invoke?(token: string, args: Properties, context: Context & { readonly preview: boolean }): Promise<Properties>;
  /** Called when the engine cancels and when the process ends: stop and clean up within a moment. */
  stop?(): Promise<void> | void;
}

/** Reason of an aborted signal when the user (or the engine) has cancelled everything, not only this call. */
export class Cancelled extends Error {
  constructor() {
    super("cancelled");
  }
}

/** Thrown by check-like calls that find a wrong argument outside of `check`, e.g. in an invoke. */
export class InvalidArgument extends Error {}
