import { messageWithCause, type Log } from "@inaetics/base";
import type { AgentEvent, Platform, TargetChange, TargetView } from "@inaetics/model";
import { conflict, missing, type Problem } from "@inaetics/service";
import { entry, wantedArtifacts } from "./model/catalog";
import { assign, deploymentsOf } from "./model/history";
import { afterEvents } from "./model/reports";
import { checkTarget } from "./model/rules";
import type { Deployment, Target } from "./model/stored";
import { GONE_MS, targetView, type KnownTarget } from "./model/views";
import type { Store } from "./storage/store";

/** Data that an agent sends when it asks for its versions. */
export interface Visit {
  readonly id: string;
  readonly group: string;
  readonly platform: Platform;
  /** Version that it runs; undefined when it runs none. */
  readonly current: string | undefined;
  readonly address: string;
}

/** Largest age in ms of the stored time of a visit. Storing each visit would cost the brokers a write. */
const SAVE_SEEN_MS = 60_000;
const FORGET_MS = 24 * 3600 * 1000;

/** Agents: their presence, their deployments and their state. */
export class Fleet {
  private readonly heard = new Map<string, number>();
  private readonly saving = new Set<string>();
  private readonly since: number;

  constructor(
    private readonly store: Store,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {
    this.since = now();
  }

  /**
   * Handles a visit: registers an unknown agent and returns the deployments that it may fetch. The last one is wanted.
   */
  async visit(visit: Visit): Promise<readonly Deployment[]> {
    const { id, group, platform } = visit;
    await this.ensureGroup(group, platform);
    this.hear(id);
    const known = this.store.target(id);
    if (known?.group === group && known.platform === platform) this.note(visit, known);
    else await this.register(visit);
    return this.assign(id, visit.current);
  }

  /** Notes that the target visited one of our processes. */
  hear(id: string): void {
    this.heard.set(id, this.now());
  }

  /** Deployment of that number, if the target may fetch it; undefined otherwise. */
  deployment(id: string, number: number | undefined): Deployment | undefined {
    return this.offered(id).find((each) => each.number === number);
  }

  /**
   * Assigns to every present target what the model wants for it now. A failure is logged; the next visit tries again.
   */
  async assignAll(): Promise<void> {
    for (const { id, state } of this.views()) {
      if (state === "gone") continue;
      try {
        await this.assign(id, undefined);
      } catch (error) {
        this.log.warn(`target ${id}: its deployment could not be stored: ${messageWithCause(error)}`);
        return;
      }
    }
  }

  /** Updates a target's state from its events. */
  async report(id: string, events: readonly AgentEvent[]): Promise<void> {
    const before = this.store.target(id);
    if (before === undefined || afterEvents(before, events) === before) return;
    await this.store.changeTarget(id, (target) => (target === undefined ? undefined : afterEvents(target, events)));
  }

  views(): readonly TargetView[] {
    const { model, targets } = this.store;
    const now = this.now();
    return [...targets]
      .map(([id, target]) => targetView(model, this.known(id, target), now, this.since))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  view(id: string): TargetView {
    const target = this.store.target(id);
    if (target === undefined) throw noTarget(id);
    return targetView(this.store.model, this.known(id, target), this.now(), this.since);
  }

  /** Changes a target if the result obeys the rules; throws a Problem otherwise. */
  async change(id: string, change: (target: Target) => TargetChange): Promise<void> {
    await this.store.changeTarget(id, (target) => {
      if (target === undefined) throw noTarget(id);
      const after = { ...target, ...change(target) };
      checkTarget(this.store.model, id, after);
      return after;
    });
  }

  /** Ids of a group's targets that are not gone. */
  present(group: string): readonly string[] {
    return this.views().flatMap((each) => (each.group === group && each.state !== "gone" ? [each.id] : []));
  }

  /** Removes a target that is gone. */
  async forget(id: string): Promise<void> {
    if (this.view(id).state !== "gone") {
      throw conflict(
        `target "${id}" still visits; only a target without a visit for ${GONE_MS / 1000} s can be removed: stop its pod first`,
      );
    }
    await this.store.changeTarget(id, () => undefined);
  }

  /** Removes targets without a visit for a day, because pods come and go. */
  async sweep(): Promise<void> {
    for (const [id, { lastSeen }] of this.store.targets) {
      const old = (seen: number): boolean => this.now() - Math.max(seen, this.heard.get(id) ?? 0) > FORGET_MS;
      if (!old(lastSeen)) continue;
      await this.store.changeTarget(id, (target) =>
        target === undefined || old(target.lastSeen) ? undefined : target,
      );
      this.log.info(`target ${id}: removed after a day without a visit`);
    }
    for (const [id, at] of this.heard) if (this.now() - at > FORGET_MS) this.heard.delete(id);
  }

  private known(id: string, target: Target): KnownTarget {
    return { id, target, history: this.store.history(target.group), heard: this.heard.get(id) ?? 0 };
  }

  /** The deployments that a target may fetch now, the wanted one last. */
  offered(id: string): readonly Deployment[] {
    const { model } = this.store;
    const target = this.store.target(id);
    if (target === undefined || wantedArtifacts(model, target).length === 0) return [];
    return deploymentsOf(this.store.history(target.group), target);
  }

  private async ensureGroup(group: string, platform: Platform): Promise<void> {
    let known = entry(this.store.model.groups, group);
    if (known === undefined) {
      const added = { platform, autoApprove: false, distributions: [] };
      const model = await this.store.changeModel((before) =>
        entry(before.groups, group) === undefined
          ? { ...before, groups: { ...before.groups, [group]: added } }
          : before,
      );
      known = entry(model.groups, group);
      this.log.info(`group ${group}: added for its first target; approve its targets so that they get software`);
    }
    if (known === undefined || known.platform === platform) return;
    throw conflict(
      `group "${group}" is for ${known.platform}, this agent is for ${platform}: an agent runs bundles of its own kind only`,
    );
  }

  private async register({ id, group, platform, current, address }: Visit): Promise<void> {
    const now = this.now();
    const approved = entry(this.store.model.groups, group)?.autoApprove ?? false;
    await this.store.changeTarget(id, (before) =>
      before?.group === group && before.platform === platform
        ? before
        : {
            group,
            platform,
            approved,
            distributions: [],
            given: [],
            failed: null,
            current: current === undefined ? null : { version: current, since: now },
            registeredAt: now,
            lastSeen: now,
            address,
          },
    );
    this.log.info(`target ${id}: registered in group ${group}${approved ? "" : ", waiting for approval"}`);
  }

  /**
   * Stores the changes since the last visit. The agent does not wait for it; the next visit would repeat a failed
   * write.
   */
  private note({ id, current, address }: Visit, known: Target): void {
    const now = this.now();
    const same = (known.current?.version ?? undefined) === current && known.address === address;
    if ((same && now - known.lastSeen < SAVE_SEEN_MS) || this.saving.has(id)) return;
    this.saving.add(id);
    const saved = this.store.changeTarget(id, (target) => {
      if (target === undefined) return undefined;
      const running = current === undefined ? null : { version: current, since: now };
      return {
        ...target,
        address,
        lastSeen: now,
        current: target.current?.version === current ? target.current : running,
        failed: target.failed?.version === current ? null : target.failed,
      };
    });
    saved
      .catch((error: unknown) =>
        this.log.warn(`target ${id}: its visit could not be stored: ${messageWithCause(error)}`),
      )
      .finally(() => this.saving.delete(id));
  }

  private async assign(id: string, reported: string | undefined): Promise<readonly Deployment[]> {
    const target = this.store.target(id);
    if (target === undefined) return [];
    const artifacts = wantedArtifacts(this.store.model, target);
    const { group } = target;
    const wanted = assign(this.store.history(group), target, artifacts, { now: this.now(), reported });
    if (wanted.given === undefined) return this.offered(id);
    if (wanted.history !== undefined) {
      const inUse = this.inUse(group);
      const options = { now: this.now(), reported, inUse };
      await this.store.changeHistory(
        group,
        (history) => assign(history, target, artifacts, options).history ?? history,
      );
    }
    await this.store.changeTarget(id, (before) => {
      if (before === undefined) return undefined;
      const { given } = assign(this.store.history(group), before, artifacts, { now: this.now(), reported });
      return given === undefined ? before : { ...before, given };
    });
    return this.offered(id);
  }

  private inUse(group: string): ReadonlySet<number> {
    const targets = [...this.store.targets.values()].filter((each) => each.group === group);
    return new Set(targets.flatMap(({ given }) => given.at(-1)?.number ?? []));
  }
}

function noTarget(id: string): Problem {
  return missing(`there is no target "${id}"; GET /client/targets lists them`);
}
