/**
 * Discovery in etcd: the registered instances, what they offer and how to reach it.
 *
 *     const access = discoveryAccess(environment);              // ETCD_ENDPOINTS, DISCOVERY_DIR
 *     const discovery = new Discovery(access, server.log);
 *     const registration = discovery.register({ [serviceKey(PROVISIONING_SERVICE, pod)]: `${ip}:8080` });
 *     registration.unready();                                   // for /readyz
 *     stopOnSignal(server.log, [() => discovery.stop(), ...]);  // revokes: the keys vanish at once
 */
export { discoveryAccess, optionalDiscoveryAccess } from "./connection";
export type { DiscoveryAccess, EtcdConnection, Request } from "./connection";
export * from "./discovery";
export * from "./endpoints";
export * from "./names";
export { LEASE_SECONDS, type Registration } from "./registration";
export * from "./resolve";
export { EntriesWatch } from "./watch";
export * from "./tree";
export * from "./wires";
