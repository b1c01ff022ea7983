/** The dashboard's HTTP on the test's cluster. Proves nothing by itself. */
import type { Kinds } from "@inaetics/autoscaling";
import { Rest } from "./rest";
import type { TestCluster } from "../support/cluster/testcluster";
import { SYSTEM_STATS_PATH, type SystemStats } from "@inaetics/model";

/** An event as `GET /coordinator/events` shows it. */
export interface ScalingEvent {
  readonly id: number;
  readonly time: number;
  readonly kind: string;
  readonly rule?: string;
  readonly reason: string;
  readonly from?: Kinds;
  readonly to?: Kinds;
  readonly outcome?: string;
}

export class Dashboard extends Rest {
  static async open(cluster: TestCluster): Promise<Dashboard> {
    return new Dashboard(`http://${cluster.addresses["controller"]}`, await Rest.login(cluster));
  }

  /** Client for the same dashboard without a login. */
  stranger(): Rest {
    return new Rest(this.url, "");
  }

  stats(): Promise<SystemStats> {
    return this.get<SystemStats>(`/${SYSTEM_STATS_PATH}`);
  }

  async events(after: number): Promise<readonly ScalingEvent[]> {
    const { events } = await this.get<{ readonly events: readonly ScalingEvent[] }>(
      `/coordinator/events?after=${after}&limit=1000`,
    );
    return events;
  }

  /** The id of the newest event. */
  async newest(): Promise<number> {
    const { events } = await this.get<{ readonly events: readonly ScalingEvent[] }>("/coordinator/events?limit=1");
    return events.at(-1)?.id ?? 0;
  }

  /** @throws an error with the answer when the status is not 200 or 204 */
  async change(method: "PUT" | "POST", path: string, body: object): Promise<void> {
    const { status, body: text } = await this.ask(method, path, body);
    if (status !== 200 && status !== 204) throw new Error(`${method} ${path}: ${status} ${text}`);
  }

  rate(value: number): Promise<void> {
    return this.change("POST", "/coordinator/utilisation", { value });
  }

  producers(felix: number, celix: number): Promise<void> {
    return this.change("PUT", "/coordinator/producers", { felix, celix });
  }

  processors(wanted: Kinds | { readonly auto: true }): Promise<void> {
    return this.change("PUT", "/coordinator/processors", wanted);
  }
}
