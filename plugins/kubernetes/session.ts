/** What all resources of one configured provider share: its settings, and the connection, made when first needed. */
import { ApiClient } from "./client";
import { Cluster } from "./cluster";
import { Connection, connectionFrom } from "./kubeconfig";
import { Settings } from "./settings";

export class Session {
  private connected: { connection: Connection; cluster: Cluster } | undefined;

  constructor(readonly settings: Settings) {}

  /** @throws an error about the kubeconfig */
  readonly cluster = (): Cluster => this.connect().cluster;

  /** The namespace of objects that name none; empty when nothing says one. */
  defaultNamespace(): string {
    if (this.settings.namespace !== "") return this.settings.namespace;
    return this.connect().connection.namespace ?? "";
  }

  isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    return this.cluster().discovery.isNamespaced(apiVersion, kind);
  }

  private connect() {
    if (this.connected) return this.connected;
    const connection = connectionFrom(this.settings);
    this.connected = { connection, cluster: new Cluster(new ApiClient(connection)) };
    return this.connected;
  }
}
