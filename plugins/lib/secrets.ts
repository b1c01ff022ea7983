/** Removes secret wrappers from values on their way to a plugin, and restores them on its results. */
import { Archive, isObject, Properties, Secret, secret, Value } from "./values";

/** Returns the value without any secret wrappers. */
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map((item: Value) => reveal(item));
  if (value instanceof Archive && value.source.assets) {
    return new Archive({ ...value.source, assets: revealAll(value.source.assets) as Readonly<Record<string, Value>> });
  }
  return isObject(value) ? revealAll(value) : value;
}

/** Returns the properties without any secret wrappers. */
export function revealAll(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, value === undefined ? undefined : reveal(value)]),
  );
}

export function containsSecret(value: Value | undefined): boolean {
  if (value instanceof Secret) return true;
  if (value instanceof Archive) return Object.values(value.source.assets ?? {}).some(containsSecret);
  if (Array.isArray(value)) return value.some((item: Value) => containsSecret(item));
  return isObject(value) && Object.values(value).some(containsSecret);
}

/** Returns the keys whose values are secret or contain a secret. */
export function secretKeys(properties: Properties): ReadonlySet<string> {
  return new Set(Object.keys(properties).filter((key) => containsSecret(properties[key])));
}

/**
 * Makes secret every property whose key is secret in `like`. Objects are compared key by key. Any other value that
 * contains a secret in `like` is secret as a whole. Secrets that the plugin itself marked stay.
 */
export function secretsLike(properties: Properties, like: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, value === undefined ? value : secretLike(value, like[key])]),
  );
}

function secretLike(value: Value, like: Value | undefined): Value {
  if (value instanceof Secret || like === undefined || !containsSecret(like)) return value;
  return isObject(value) && isObject(like) ? secretsLike(value, like) : secret(value);
}
