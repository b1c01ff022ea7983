import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance } from "fastify";
import type { Policy } from "@inaetics/autoscaling";
import type { ProcessorsMode, StoredEvent } from "@inaetics/samples";
import type { Environment, KubernetesAccess, Login, Metric, StreamEvent } from "@inaetics/service";
import type { Log } from "@inaetics/base";
import { Kubernetes } from "../kubernetes";
import type { Move, SeenNode } from "../statistics";
import { Actions } from "./actions";
import { EventLog } from "./events";
import { Leadership, type LeaseStore } from "./lease";
import { Legacies } from "./legacy";
import { Loop, type ShownDecision } from "./loop";
import { readMetric } from "./metric";
import { addEventRoutes, addPeopleRoutes } from "./people";
import { Replicas, type Controllers } from "./replicas";
import { Settings } from "./settings";
import { Upgrades } from "./upgrades";
import { type CoordinatorStats, controllersOf, QUEUE_AGENT_SERVICE } from "@inaetics/model";

export interface CoordinatorSettings {
  readonly controllers: Controllers;
  readonly maxProducers: number;
  /** Address at which the queue agent reports the queue's figures. */
  readonly metricsUrl: string;
}

/** Reads the names of the controllers, MAX_PRODUCERS and QUEUE_METRICS_URL. */
export function coordinatorSettings(environment: Environment): CoordinatorSettings {
  const [processors, producers] = [controllersOf("processor"), controllersOf("producer")];
  return {
    controllers: {
      processors: {
        felix: environment.text("FELIX_PROCESSOR_CONTROLLER", processors.felix),
        celix: environment.text("CELIX_PROCESSOR_CONTROLLER", processors.celix),
      },
      producers: {
        felix: environment.text("FELIX_PRODUCER_CONTROLLER", producers.felix),
        celix: environment.text("CELIX_PRODUCER_CONTROLLER", producers.celix),
      },
    },
    maxProducers: environment.integer("MAX_PRODUCERS", { min: 0, max: 1000 }, 4),
    metricsUrl: environment.text("QUEUE_METRICS_URL", `http://${QUEUE_AGENT_SERVICE}.inaetics.svc:8080/queue`),
  };
}

export interface CoordinatorParts {
  /** This instance's pod. */
  readonly me: string;
  readonly settings: CoordinatorSettings;
  readonly access: KubernetesAccess | undefined;
  readonly connected: () => NatsConnection;
  readonly login: Login;
  /** User name of the one person that logs in. */
  readonly user: string;
  readonly onEvent: (event: StoredEvent) => void;
  readonly log: Log;
}

/** Part of a snapshot that the coordinator adds. Null: not known now. */
export interface CoordinatorSnapshot {
  readonly mode: ProcessorsMode | null;
  readonly policy: Policy | null;
  readonly decision: ShownDecision | null;
  /** The instance that scales. */
  readonly leader: string | null;
  readonly maxProducers: number;
}

/** Events that a page gets when it connects. */
const GREETED = 50;
const METRIC_MS = 2000;
const STILL_MS = 360_000;

/**
 * Scales the processors by the policy or as set by hand, and performs people's requests. Every decision and change is
 * an event. Only the instance that holds the lease scales; every instance performs people's requests.
 */
export class Coordinator {
  private readonly events: EventLog;
  private readonly settings: Settings;
  private readonly leadership: Leadership;
  private readonly upgrades: Upgrades;
  private readonly loop: Loop;
  private readonly actions: Actions;

  constructor(private readonly parts: CoordinatorParts) {
    const { me, access, connected, log } = parts;
    // Uses its own client, so that other requests to the API server do not delay a renewal of the lease.
    const kubernetes = access === undefined ? undefined : new Kubernetes(access);
    const replicas = new Replicas(kubernetes, parts.settings.controllers);
    const legacies = new Legacies(connected);
    this.events = new EventLog(log, (event) => this.heard(event));
    this.settings = new Settings(connected, kubernetes, log);
    this.leadership = new Leadership(kubernetes ?? nowhere, me, (before) => this.lead(before), log);
    const record = this.events.add.bind(this.events);
    this.upgrades = new Upgrades(me, record);
    this.loop = new Loop({
      me,
      replicas,
      record,
      log,
      leading: () => this.leadership.leading,
      readMetric: () => readMetric(parts.settings.metricsUrl, METRIC_MS),
      readPolicy: () => this.settings.readPolicy(),
      readMode: () => this.settings.readModeNow(),
      caughtUp: () => this.events.caughtUp,
      inherit: () => legacies.read(),
      bequeath: (legacy) => legacies.write(legacy),
    });
    this.actions = new Actions({ settings: this.settings, replicas, record, onMode: () => this.loop.hurry() });
  }

  start(): void {
    this.settings.start();
    this.leadership.start();
    this.loop.start();
  }

  /** Starts the event log. Call it once the broker is connected; it survives reconnections. */
  listen(connection: NatsConnection): Promise<void> {
    return this.events.start(connection);
  }

  /** Stops acting first, then releases the lease. */
  async stop(): Promise<void> {
    this.loop.stop();
    this.settings.stop();
    await this.leadership.stop();
    await this.events.stop();
  }

  /** Adds GET /coordinator/events, /coordinator/session and the changing routes. */
  routes(server: FastifyInstance): void {
    const { login, user, settings } = this.parts;
    login.routes(server, "/coordinator");
    addEventRoutes(server, this.events);
    void server.register(async (routes) => {
      routes.addHook("onRequest", login.guard);
      addPeopleRoutes(routes, { actions: this.actions, maxProducers: settings.maxProducers, user });
    });
  }

  /** Returns the newest events, or those after the last one that a page got. */
  greeting(lastId: string | undefined): readonly StreamEvent[] {
    const known = /^\d{1,15}$/.test(lastId ?? "") ? Number(lastId) : undefined;
    const events = known === undefined ? this.events.newest(GREETED) : this.events.since(known);
    return events.map((each) => ({ event: "log", data: each, id: String(each.id) }));
  }

  snapshotParts(): CoordinatorSnapshot {
    return {
      mode: this.settings.mode ?? null,
      policy: this.settings.knownPolicy ?? null,
      decision: this.loop.decision ?? null,
      leader: this.leadership.holder ?? null,
      maxProducers: this.parts.settings.maxProducers,
    };
  }

  /** Part of /coordinator/systemStats that the coordinator adds. */
  systemStats(): CoordinatorStats {
    const { mode, policy, decision, leader, maxProducers } = this.snapshotParts();
    return { mode, policy, lastDecision: decision, leader, maxProducers };
  }

  metrics(): readonly Metric[] {
    const { leading } = this.leadership;
    const decisions = this.loop.counts.map(({ policy, action, count }) => ({
      labels: { policy, action },
      value: count,
    }));
    return [
      {
        type: "counter",
        name: "inaetics_scaling_decisions_total",
        help: "Decisions of this instance while it coordinated",
        values: decisions,
      },
      gauge("inaetics_coordinator_leading", "1 on the instance that scales", leading ? 1 : 0),
      gauge("inaetics_events_dropped", "Events given up while the broker was away", this.events.dropped),
    ];
  }

  /** Records that a pod's work continues elsewhere. Every instance sees it; only the leader records it. */
  moved({ owner, from, to }: Move, upgrading: boolean): void {
    if (!this.leadership.leading) return;
    const cause = upgrading ? "left for an upgrade" : "was lost";
    const reason = `${owner}: ${from.pod} on ${from.node} ${cause}, ${to.pod} on ${to.node} goes on`;
    this.events.add({ time: Date.now(), source: "cluster", kind: "moved", reason, by: this.parts.me });
  }

  /** Records that upgrades of nodes began or ended. Every instance sees it; only the leader records it. */
  sawNodes(nodes: readonly SeenNode[]): void {
    if (this.leadership.leading && this.events.caughtUp) this.upgrades.see(nodes, Date.now());
  }

  /** Reason why this process cannot continue. */
  unhealthy(now: number = Date.now()): string | undefined {
    const silent = now - this.loop.lastTick;
    if (silent > STILL_MS) return `the deciding loop has stood still for ${Math.round(silent / 1000)} s`;
    return this.events.unhealthy();
  }

  private heard(event: StoredEvent): void {
    this.loop.learn(event);
    this.upgrades.learn(event);
    this.parts.onEvent(event);
  }

  private lead(before: string): void {
    const { me } = this.parts;
    const why = before === "" ? "nobody did" : `${before} does not any more`;
    if (before !== me) {
      const reason = `${me} coordinates now: ${why}`;
      this.events.add({ time: Date.now(), source: "coordinator", kind: "leader", reason, by: me });
    }
    this.loop.hurry();
  }
}

function gauge(name: string, help: string, value: number): Metric {
  return { type: "gauge", name, help, values: [{ value }] };
}

const outside = (): Promise<never> => Promise.reject(new Error("this process runs outside of a Kubernetes cluster"));
const nowhere: LeaseStore = { lease: outside, writeLease: outside };
