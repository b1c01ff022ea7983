import type { Log } from "@inaetics/base";
import { EtcdConnection, type DiscoveryAccess } from "./connection";
import { servicePrefix } from "./names";
import { Registration } from "./registration";
import { servicesIn, type Entries, type ServiceInstance } from "./resolve";
import { EntriesWatch, readEntries } from "./watch";

/** Access of a process to discovery: registers itself, and finds others. Connects when it is first used. */
export class Discovery {
  private readonly connection: EtcdConnection;
  private readonly parts: { stop(): unknown }[] = [];

  constructor(
    access: DiscoveryAccess,
    private readonly log: Log,
  ) {
    this.connection = new EtcdConnection(access);
  }

  /** Keeps the keys (with their values) in etcd from now on, until it is stopped or the process ends. Never fails. */
  register(keys: Readonly<Record<string, string>>): Registration {
    const registration = new Registration(this.connection, keys, this.log);
    this.parts.push(registration);
    return registration;
  }

  /** Calls `onChange` with everything below the prefix, at first and after each change. Never fails. */
  watch(prefix: string, onChange: (entries: Entries) => void = () => undefined): EntriesWatch {
    const watch = new EntriesWatch(this.connection, prefix, onChange, this.log);
    this.parts.push(watch);
    return watch;
  }

  /** Everything below the prefix now. Rejects when etcd does not answer within seconds. */
  async read(prefix: string): Promise<Entries> {
    return (await readEntries(this.connection, prefix)).entries;
  }

  /** The instances of a service now. Rejects as `read` does. */
  async services(service: string): Promise<readonly ServiceInstance[]> {
    return servicesIn(await this.read(servicePrefix(service)), service);
  }

  /** Stops all registrations (their keys vanish) and watches, then the connection. */
  async stop(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.stop()));
    this.connection.close();
  }
}
