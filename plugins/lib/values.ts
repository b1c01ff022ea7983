/**
 * Pulumi property values as plain data, and their form on the wire (a protobuf Struct with signed objects).
 *
 * A plugin sees JSON values, `unknown` where a value is known only after the update, assets and archives; secrets are
 * unwrapped on the way in (see secrets.ts) and are made on the way out with `secret(value)`.
 */
import { signatureKey, signatures, unknownSentinel, unknownSentinels } from "./sentinels";

/** A value that the engine does not know yet (in previews only). */
export class Unknown {
  /** JSON and messages show what Pulumi shows. */
  toJSON(): string {
    return "output<string>";
  }
}

/** The only instance: compare with `=== unknown`. */
export const unknown = new Unknown();

/** A value that the engine must encrypt in its state and hide in its display. */
export class Secret {
  constructor(readonly value: Value) {}
}

/** One file: has exactly one of text, path, uri, unless the engine sent only the hash (of state). */
export class Asset {
  constructor(readonly source: { text?: string; path?: string; uri?: string; hash?: string }) {}
}

/** A folder or archive file (path, uri), or a collection of assets and archives by name. */
export class Archive {
  constructor(
    readonly source: { assets?: Readonly<Record<string, Value>>; path?: string; uri?: string; hash?: string },
  ) {}
}

export type Value =
  | null
  | boolean
  | number
  | string
  | Unknown
  | Secret
  | Asset
  | Archive
  | readonly Value[]
  | { readonly [key: string]: Value | undefined };

/** Inputs or outputs of a resource; a key whose value is undefined counts as absent. */
export type Properties = { readonly [key: string]: Value | undefined };

export function secret(value: Value): Secret {
  return value instanceof Secret ? value : new Secret(value);
}

/** True for a plain object that is neither an array nor one of the special values. */
export function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isSpecial(value);
}

function isSpecial(value: object): boolean {
  return value instanceof Unknown || value instanceof Secret || value instanceof Asset || value instanceof Archive;
}

/** True when the value is, or contains at any depth, one that is known only after the update. */
export function containsUnknown(value: Value | undefined): boolean {
  if (value === unknown) return true;
  if (value instanceof Secret) return containsUnknown(value.value);
  if (value instanceof Archive) return Object.values(value.source.assets ?? {}).some(containsUnknown);
  if (Array.isArray(value)) return value.some((item: Value) => containsUnknown(item));
  return isObject(value) && Object.values(value).some(containsUnknown);
}

/** Converts JSON of the wire to a value. Unknowns of every type of output have the same sentinel or one of a family. */
export function fromWire(wire: unknown): Value {
  if (wire === null || wire === undefined) return null;
  if (typeof wire === "string") return unknownSentinels.has(wire) ? unknown : wire;
  if (typeof wire === "boolean" || typeof wire === "number") return wire;
  if (Array.isArray(wire)) return wire.map(fromWire);
  if (typeof wire !== "object") throw new Error(`cannot read a property value of type ${typeof wire}`);
  const object = wire as Readonly<Record<string, unknown>>;
  const signature = object[signatureKey];
  return signature === undefined ? objectFromWire(object) : specialFromWire(signature, object);
}

/** Converts properties of the wire to plain properties; an absent Struct gives an empty object. */
export function propertiesFromWire(wire: unknown): Properties {
  const value = fromWire(wire ?? {});
  if (!isObject(value)) throw new Error("properties must be an object");
  return value;
}

function objectFromWire(object: Readonly<Record<string, unknown>>): Properties {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fromWire(value)]));
}

function specialFromWire(signature: unknown, object: Readonly<Record<string, unknown>>): Value {
  const text = (key: string) => (typeof object[key] === "string" ? object[key] : undefined);
  switch (signature) {
    case signatures.secret:
      return new Secret(fromWire(object["value"]));
    case signatures.asset:
      return new Asset(defined({ text: text("text"), path: text("path"), uri: text("uri"), hash: text("hash") }));
    case signatures.archive: {
      const assets = object["assets"] as Readonly<Record<string, unknown>> | undefined;
      const source = defined({ path: text("path"), uri: text("uri"), hash: text("hash") });
      return new Archive(assets === undefined ? source : { ...source, assets: defined(objectFromWire(assets)) });
    }
    case signatures.output:
      return outputFromWire(object);
    case signatures.resource:
      return text("id") ?? text("urn") ?? unknown;
    default:
      throw new Error(`cannot read a property value with signature ${String(signature)}`);
  }
}

function outputFromWire(object: Readonly<Record<string, unknown>>): Value {
  const value = "value" in object ? fromWire(object["value"]) : unknown;
  return object["secret"] === true ? secret(value) : value;
}

/** Converts a value to JSON of the wire. */
export function toWire(value: Value | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object") return value;
  if (value instanceof Unknown) return unknownSentinel;
  if (value instanceof Secret) return { [signatureKey]: signatures.secret, value: toWire(value.value) };
  if (value instanceof Asset) return { [signatureKey]: signatures.asset, ...defined(value.source) };
  if (value instanceof Archive) {
    const { assets, ...rest } = value.source;
    const entries = assets && { assets: propertiesToWire(assets) };
    return { [signatureKey]: signatures.archive, ...defined(rest), ...entries };
  }
  if (Array.isArray(value)) return value.map((item: Value) => toWire(item));
  return propertiesToWire(value as Properties);
}

/** Converts properties to JSON of the wire, without the absent ones. */
export function propertiesToWire(properties: Properties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(defined(properties)).map(([key, value]) => [key, toWire(value)]));
}

function defined<T>(object: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).filter((entry): entry is [string, T] => entry[1] !== undefined));
}
