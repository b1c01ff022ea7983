import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance } from "fastify";
import type { Environment, KubernetesAccess, Login, Metric, StreamEvent } from "@inaetics/service";
import type { Log } from "@inaetics/base";
import {
  controllersOf,
  QUEUE_AGENT_SERVICE,
  QUEUE_PATH,
  type CoordinatorSnapshot,
  type CoordinatorStats,
  type StoredEvent,
} from "@inaetics/model";
import type { Move, ObservedNode } from "../statistics";
import { Actions } from "./actions";
import { EventLog } from "./events";
import { HandoverStore } from "./handover";
import { Kubernetes } from "./kubernetes";
import { Leadership, type LeaseStore } from "./lease";
import { Loop } from "./loop";
import { readMetric } from "./metric";
import { coordinatorMetrics } from "./metrics";
import { addEventRoutes, addPeopleRoutes } from "./people";
import { Replicas, type Controllers } from "./replicas";
import { Settings } from "./settings";
import { Upgrades } from "./upgrades";

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
    metricsUrl: environment.text("QUEUE_METRICS_URL", `http://${QUEUE_AGENT_SERVICE}.inaetics.svc:8080/${QUEUE_PATH}`),
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
    const handover = new HandoverStore(connected);
    this.events = new EventLog(log, (event) => this.onStored(event));
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
      readHandover: () => handover.read(),
      writeHandover: (state) => handover.write(state),
    });
    this.actions = new Actions({ settings: this.settings, replicas, record, onMode: () => this.loop.evaluateNow() });
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
    return coordinatorMetrics(this.loop.counts, this.leadership.leading, this.events.dropped);
  }

  /** Records that a pod's work continues elsewhere. Every instance observes it; only the leader records it. */
  moved({ owner, from, to }: Move, upgrading: boolean): void {
    if (!this.leadership.leading) return;
    const cause = upgrading ? "left for an upgrade" : "was lost";
    const reason = `${owner}: ${from.pod} on ${from.node} ${cause}, ${to.pod} on ${to.node} goes on`;
    this.events.add({ time: Date.now(), source: "cluster", kind: "moved", reason, by: this.parts.me });
  }

  /** Records that upgrades of nodes began or ended. Every instance observes it; only the leader records it. */
  nodesObserved(nodes: readonly ObservedNode[]): void {
    if (this.leadership.leading && this.events.caughtUp) this.upgrades.update(nodes, Date.now());
  }

  /** Reason why this process cannot continue. */
  unhealthy(now: number = Date.now()): string | undefined {
    const silent = now - this.loop.lastTick;
    if (silent > STILL_MS) return `the deciding loop has stood still for ${Math.round(silent / 1000)} s`;
    return this.events.unhealthy();
  }

  private onStored(event: StoredEvent): void {
    this.loop.learn(event);
    this.upgrades.learn(event);
    this.parts.onEvent(event);
  }

  private lead(before: string): void {
    const { me } = this.parts;
    const why = before === "" ? "no instance did" : `${before} does not any more`;
    if (before !== me) {
      const reason = `${me} coordinates now: ${why}`;
      this.events.add({ time: Date.now(), source: "coordinator", kind: "leader", reason, by: me });
    }
    this.loop.evaluateNow();
  }
}

const outside = (): Promise<never> => Promise.reject(new Error("this process runs outside of a Kubernetes cluster"));
const nowhere: LeaseStore = { lease: outside, writeLease: outside };
