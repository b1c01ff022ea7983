import { ENDPOINTS, parseKey, servicePrefix, wireKey } from "./names";
import { parseEndpoints, type Endpoint } from "./endpoints";
import { parseWire, wireUrl } from "./wires";

/** Keys and values as they are in etcd. */
export type Entries = ReadonlyMap<string, string>;

/** An instance of a service; `address` is `ip:port`, `id` the name of its pod. */
export interface ServiceInstance {
  readonly id: string;
  readonly address: string;
}

/** The registered instances of a service, by id. Pure. */
export function servicesIn(entries: Entries, service: string): readonly ServiceInstance[] {
  const prefix = servicePrefix(service);
  return [...entries]
    .filter(([key]) => key.startsWith(prefix) && parseKey(key)?.kind === "service")
    .map(([key, address]) => ({ id: key.slice(prefix.length), address }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** An endpoint together with the address that its wire leads to. */
export interface Route {
  readonly framework: string;
  readonly endpoint: Endpoint;
  readonly url: string;
}

/** Returns all reachable offers of an endpoint, sorted by framework. Skips values that cannot be read. Pure. */
export function routesTo(entries: Entries, endpointId: string): readonly Route[] {
  return [...entries]
    .flatMap(([key, text]) => {
      if (!key.startsWith(ENDPOINTS)) return [];
      const description = parseEndpoints(text);
      if (!description.ok) return [];
      const { framework, endpoints } = description.value;
      return endpoints.flatMap((endpoint) => {
        const wire = endpoint.id === endpointId ? parseWire(entries.get(wireKey(endpoint.wire)) ?? "") : undefined;
        const url = wire?.ok === true ? wireUrl(wire.value) : undefined;
        return url === undefined ? [] : [{ framework, endpoint, url }];
      });
    })
    .sort((a, b) => (a.framework < b.framework ? -1 : 1));
}

/**
 * Chooses the route to use: the current one (as it is now) while it is offered, else the first one. Keeps the current
 * one as it was when none is offered, because it may still be reachable. Pure.
 */
export function chooseRoute(offered: readonly Route[], current: Route | undefined): Route | undefined {
  return offered.find(({ framework }) => framework === current?.framework) ?? offered[0] ?? current;
}
