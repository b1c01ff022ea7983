import type { NatsConnection } from "@nats-io/transport-node";
import * as path from "node:path";
import { type Log, messageWithCause, sleep } from "@inaetics/base";
import type { AuditEvent, StreamMessage } from "@inaetics/model";
import { EventStream, openJetStream, Poller, unavailable } from "@inaetics/service";
import { Fleet } from "./fleet";
import { Packages } from "./packages/packages";
import { load, readMapping, readShipped, type Mapping, type Shipped } from "./packages/shipped";
import type { Signer } from "./packages/signature";
import { Uploads } from "./packages/uploads";
import { AuditLog } from "./storage/audit";
import { Blobs } from "./storage/blobs";
import { FileCache } from "./storage/files";
import { Mirror } from "./storage/mirror";
import { Store } from "./storage/store";

export interface CoreSettings {
  /** Number of brokers that store each value. */
  readonly replicas: number;
  /** Folder with the image's bundles, in `osgi` and `celix`. */
  readonly bundles: string;
  /** File of the default mapping. */
  readonly mapping: string;
  /** Folder of this process for files that it can create again. */
  readonly work: string;
}

/** Subject on which our processes report visits of targets to each other. */
const SEEN = "provisioning.seen";
const CACHED_BYTES = 256 * 1024 * 1024;
const TICK_MS = 500;
const SWEEP_MS = 60_000;
const COLLECT_MS = 3600_000;

/** Services that the routes use, available once the broker has answered. */
interface Parts {
  readonly mirror: Mirror;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly blobs: Blobs;
  readonly packages: Packages;
  readonly uploads: Uploads;
  readonly audit: AuditLog;
  readonly announce: (target: string) => void;
}

/** Opens the stored state, maintains it, and notifies pages of every change. */
export class Core {
  readonly stream: EventStream;
  private parts: Parts | undefined;
  private waiting = "not connected to the broker yet";
  private readonly pollers: Pick<Poller<void>, "stop" | "lastTick">[] = [];
  private shown = "";
  private readonly artifacts: FileCache;
  private readonly packages: FileCache;

  constructor(
    private readonly settings: CoreSettings,
    private readonly signer: Signer,
    private readonly log: Log,
  ) {
    this.artifacts = new FileCache(path.join(settings.work, "artifacts"), CACHED_BYTES);
    this.packages = new FileCache(path.join(settings.work, "packages"), CACHED_BYTES);
    this.stream = new EventStream((lastId): readonly StreamMessage[] => [
      { event: "model", data: { revision: this.parts?.mirror.revision ?? 0 } },
      ...(this.parts?.audit.since(lastId === undefined ? Infinity : Number(lastId)) ?? []).map(auditMessage),
    ]);
  }

  /** Returns the services; throws a Problem (503) until they are ready. */
  readonly services = (): Parts => {
    if (this.parts !== undefined) return this.parts;
    throw unavailable(this.waiting);
  };

  /** State for metrics; undefined until it is known. */
  get known(): Parts | undefined {
    return this.parts;
  }

  wait(reason: string): void {
    this.waiting = reason;
  }

  unready(): string | undefined {
    return this.parts === undefined ? this.waiting : undefined;
  }

  /** Reason to restart: the process cannot repair a loop that does not run, nor a lost store. */
  unhealthy(now: number = Date.now()): string | undefined {
    const silent = now - (this.pollers[0]?.lastTick ?? now);
    if (silent > 30_000) return `the loop that notifies pages has not run for ${Math.round(silent / 1000)} s`;
    return this.parts?.mirror.unhealthy() ?? this.parts?.audit.unhealthy();
  }

  /** Reads the stored state, trying again until it succeeds. */
  async start(connection: NatsConnection): Promise<void> {
    const shipped = await readShipped(this.settings.bundles, this.log);
    const mapping = readMapping(this.settings.mapping);
    let parts: Parts | undefined;
    while (parts === undefined) {
      try {
        parts = await this.open(connection, shipped, mapping);
      } catch (error) {
        if (connection.isClosed()) return;
        const reason = `the stored state cannot be read: ${messageWithCause(error)}`;
        if (reason !== this.waiting) this.log.warn(`${reason}; trying again each second`);
        this.waiting = reason;
        await sleep(1000);
      }
    }
    this.parts = parts;
    this.log.info(`serving ${parts.store.model.artifacts.length} artifacts`);
    this.run(connection, parts);
  }

  stop(): void {
    for (const poller of this.pollers) poller.stop();
    this.parts?.mirror.stop();
    this.parts?.audit.stop();
    this.stream.close();
  }

  /** Opens all services. When the broker does not answer, it rejects and leaves nothing behind. */
  private async open(connection: NatsConnection, shipped: readonly Shipped[], mapping: Mapping): Promise<Parts> {
    const { replicas } = this.settings;
    const jetstream = await openJetStream(connection);
    const blobs = await Blobs.open(jetstream, replicas, this.artifacts, this.log);
    const audit = await AuditLog.open(jetstream, replicas, this.log);
    const mirror = await Mirror.open(jetstream, replicas, this.log);
    const store = new Store(mirror);
    try {
      await mirror.ready();
      await load(store, blobs, shipped, mapping, this.log);
    } catch (error) {
      mirror.stop();
      throw error;
    }
    audit.follow((event) => this.send(auditMessage(event)));
    return {
      mirror,
      store,
      blobs,
      audit,
      fleet: new Fleet(store, this.log),
      packages: new Packages(blobs, this.packages, this.signer),
      uploads: new Uploads(this.artifacts, store, blobs),
      announce: (target) => connection.publish(SEEN, target),
    };
  }

  private run(connection: NatsConnection, { store, fleet, blobs, mirror }: Parts): void {
    connection.subscribe(SEEN, {
      callback: (error, received) => {
        const id = received.string();
        if (error === null && store.target(id) !== undefined) fleet.hear(id);
      },
    });
    const loop = (name: string, intervalMs: number, read: () => Promise<void>): void => {
      const onChange = (error: string | undefined): void => {
        if (error !== undefined) this.log.warn(`${name}: ${error}`);
      };
      this.pollers.push(new Poller({ read, intervalMs, timeoutMs: 60_000, onChange }).start());
    };
    loop("notifying pages", TICK_MS, async () => this.notify());
    loop("removing old targets", SWEEP_MS, () => fleet.sweep());
    loop("removing unused bytes", COLLECT_MS, async () => {
      await blobs.collect((sha256) => store.model.artifacts.some((each) => each.sha256 === sha256));
      await mirror.forgetRemoved();
    });
    // The image may contain newer artifacts than the agents have.
    void fleet.assignAll();
  }

  /** Notifies pages of a change in what they show, at most twice a second. */
  private notify(): void {
    if (this.parts === undefined || this.stream.size === 0) return;
    const { mirror, fleet, store } = this.parts;
    // Leaves out the last visit: it changes constantly, and pages need not read everything again.
    const targets = fleet.views().map((each) => ({ ...each, lastSeen: 0 }));
    const now = JSON.stringify([store.modelText, targets]);
    if (now === this.shown) return;
    this.shown = now;
    this.send({ event: "model", data: { revision: mirror.revision } });
  }

  private send(update: StreamMessage): void {
    this.stream.send(update.event, update.data, "id" in update ? update.id : undefined);
  }
}

function auditMessage(event: AuditEvent): StreamMessage {
  return { event: "audit", data: event, id: String(event.seq) };
}
