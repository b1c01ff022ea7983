/** Keys of discovery in etcd, which agents of every language use. Pure. */

/** Prefix of all keys of discovery. The role `inaetics` may access nothing else. */
export const ROOT = "/inaetics/";
/** Frameworks and the endpoints that they offer: one key a framework, JSON of an `EndpointDescription`. */
export const ENDPOINTS = `${ROOT}discovery/`;
/** Wires that reach the endpoints: one key a wire, text of a `Wire`. */
export const WIRES = `${ROOT}wiring/`;
/** Zone of every wire, because only one cluster exists. */
export const ZONE = "zone1";

export const PROVISIONING_SERVICE = "node-provisioning-service";
export const AGENT_SERVICE = "node-agent-service";

/** Prefix of the keys of a service's instances. */
export function servicePrefix(service: string): string {
  return `${ROOT}${segment("service", service)}/`;
}

/** An instance of a service; its value is `ip:port`. @param id the pod's name */
export function serviceKey(service: string, id: string): string {
  return servicePrefix(service) + segment("instance", id);
}

/** A framework's endpoints. @param framework the pod's name */
export function endpointKey(framework: string): string {
  return ENDPOINTS + segment("framework", framework);
}

/** Names a wire. `node` is the name of the pod that offers it. */
export interface WireId {
  readonly zone: string;
  readonly node: string;
  readonly id: string;
}

export function wireKey({ zone, node, id }: WireId): string {
  return `${WIRES}${segment("zone", zone)}/${segment("node", node)}/${segment("wire", id)}`;
}

/** Meaning of a key. */
export type KeyName =
  | { readonly kind: "service"; readonly service: string; readonly id: string }
  | { readonly kind: "endpoints"; readonly framework: string }
  | ({ readonly kind: "wire" } & WireId);

/** Returns the meaning of a key. Undefined when it is not a key of this project. */
export function parseKey(key: string): KeyName | undefined {
  if (!key.startsWith(ROOT)) return undefined;
  const [area = "", ...rest] = key.slice(ROOT.length).split("/");
  if ([area, ...rest].includes("")) return undefined;
  const [first, second, third] = rest;
  if (area === "wiring") {
    if (rest.length !== 3 || first === undefined || second === undefined || third === undefined) return undefined;
    return { kind: "wire", zone: first, node: second, id: third };
  }
  if (rest.length !== 1 || first === undefined) return undefined;
  return area === "discovery" ? { kind: "endpoints", framework: first } : { kind: "service", service: area, id: first };
}

/** Checks one part of a key: a slash in it would change what the key means. */
function segment(what: string, text: string): string {
  if (text !== "" && !text.includes("/")) return text;
  throw new RangeError(`${what}: got "${text}"; allowed are texts that are not empty and have no "/"`);
}

/**
 * Name in etcd's certificate by which clients verify it, whatever its address. Node.js 26 and newer accept no address
 * as a TLS server name.
 */
export const ETCD_SERVER_NAME = "etcd";
