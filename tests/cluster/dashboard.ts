/** The dashboard's HTTP on the test's cluster. Proves nothing by itself. */
import { Rest } from "./rest";
import type { TestCluster } from "../support/cluster/testcluster";
import {
  EVENTS_PATH,
  eventsPageSchema,
  NODES_PATH,
  nodesSchema,
  PROCESSORS_PATH,
  PRODUCERS_PATH,
  SYSTEM_STATS_PATH,
  systemStatsSchema,
  UTILISATION_PATH,
  type NodeState,
  type ProcessorsChange,
  type ProducersChange,
  type ShownEvent,
  type SystemStats,
  type ValueChange,
} from "@inaetics/model";
import type * as z from "zod/mini";
import { parseJson } from "@inaetics/samples";

export class Dashboard extends Rest {
  static async open(cluster: TestCluster): Promise<Dashboard> {
    return new Dashboard(`http://${cluster.addresses["controller"]}`, await Rest.login(cluster));
  }

  /** Client for the same dashboard without a login. */
  stranger(): Rest {
    return new Rest(this.url, "");
  }

  stats(): Promise<SystemStats> {
    return this.read(systemStatsSchema, SYSTEM_STATS_PATH);
  }

  nodes(): Promise<readonly NodeState[]> {
    return this.read(nodesSchema, NODES_PATH);
  }

  async events(after: number): Promise<readonly ShownEvent[]> {
    return (await this.read(eventsPageSchema, `${EVENTS_PATH}?after=${after}&limit=1000`)).events;
  }

  /** The id of the newest event. */
  async newest(): Promise<number> {
    const { events } = await this.read(eventsPageSchema, `${EVENTS_PATH}?limit=1`);
    return events.at(-1)?.id ?? 0;
  }

  /** @throws an error with the answer when the status is not 200 or 204 */
  async change(
    method: "PUT" | "POST",
    path: string,
    body: ValueChange | ProducersChange | ProcessorsChange,
  ): Promise<void> {
    const { status, body: text } = await this.ask(method, `/${path}`, body);
    if (status !== 200 && status !== 204) throw new Error(`${method} ${path}: ${status} ${text}`);
  }

  rate(value: number): Promise<void> {
    return this.change("POST", UTILISATION_PATH, { value });
  }

  producers(felix: number, celix: number): Promise<void> {
    return this.change("PUT", PRODUCERS_PATH, { felix, celix });
  }

  processors(wanted: ProcessorsChange): Promise<void> {
    return this.change("PUT", PROCESSORS_PATH, wanted);
  }

  private async read<T extends z.ZodMiniType>(schema: T, path: string): Promise<z.infer<T>> {
    const { status, body } = await this.ask("GET", `/${path}`);
    const answer = status === 200 ? parseJson(schema, body) : { ok: false as const, problem: `${status} ${body}` };
    if (!answer.ok) throw new Error(`GET /${path}: ${answer.problem}`);
    return answer.value;
  }
}
