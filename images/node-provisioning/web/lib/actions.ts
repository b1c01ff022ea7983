/// <reference lib="dom" />
/** Actions of the page. A refused action shows the server's reason at the control that caused it. */
import { Problem } from "@inaetics/web";
import { address, type Api } from "./api";
import { assignable, exists, isSame, keyOf, type Item, type Model } from "./associations";
import { platformName } from "./format";
import type { AuditEvent, AuditPage, Group } from "./shapes";
import { mergeEvents } from "./audit";
import { columns, type Part, type Store, type Upload } from "./store";

/** Time in ms that a finished upload stays visible. */
const DONE_MS = 12_000;

export class Actions {
  private loading: Promise<void> | undefined;
  private again = false;
  private uploads = 0;

  constructor(
    private readonly api: Api,
    private readonly store: Store,
  ) {}

  /** Reads the whole model. Calls during a reading cause one more reading after it. */
  refresh(): Promise<void> {
    if (this.loading !== undefined) {
      this.again = true;
      return this.loading;
    }
    this.loading = this.load().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async load(): Promise<void> {
    do {
      this.again = false;
      const names = ["artifacts", "features", "distributions", "groups", "targets"] as const;
      const lists = await Promise.all(names.map((name) => this.api.get<unknown>(address(name))));
      const model = Object.fromEntries(names.map((name, index) => [name, lists[index]])) as unknown as Model;
      this.store.set({ model, now: Date.now() });
      this.store.note("model", undefined);
      const { selected } = this.store.view;
      if (selected !== undefined && !exists(model, selected)) this.select(undefined);
      // A call during the reading may concern newer data.
    } while (this.askedAgain());
  }

  private askedAgain(): boolean {
    return this.again;
  }

  /** Reads the model, and shows on the page why it could not be read. */
  async tryRefresh(): Promise<void> {
    await this.refresh().catch((error: unknown) => this.store.note("model", reasonOf(error)));
  }

  select(item: Item | undefined): void {
    const { selected, notes } = this.store.view;
    if (isSame(item, selected)) return;
    // Earlier refusals do not concern this item.
    this.store.set({ selected: item, confirming: undefined, notes: notes["model"] ? { model: notes["model"] } : {} });
    history.replaceState(null, "", item === undefined ? location.pathname : `#${keyOf(item)}`);
    this.openLog(item?.kind === "target" ? item.name : undefined);
    this.store.reveal(...columns.map((each) => `[data-column="${each}"] :is(.related, .selected)`));
  }

  assign(one: Item, other: Item, place: string): Promise<boolean> {
    const both = assignable(one, other);
    if (both === undefined) return Promise.resolve(false);
    const [what, to] = both;
    return this.act(place, `${what.name} is assigned to ${to.name}`, () =>
      this.api.send("PUT", linkAddress(what, to), {}),
    );
  }

  unassign(one: Item, other: Item, place: string): Promise<boolean> {
    const both = assignable(one, other);
    if (both === undefined) return Promise.resolve(false);
    const [what, from] = both;
    return this.act(place, `${what.name} is no longer assigned to ${from.name}`, () =>
      this.api.send("DELETE", linkAddress(what, from)),
    );
  }

  /** Keeps a feature on one version of an artifact; without a version it always takes the newest. */
  pin(feature: string, artifact: string, version: string | undefined, place: string): Promise<boolean> {
    const done = version === undefined ? `always takes the newest ${artifact}` : `keeps ${artifact} at ${version}`;
    return this.act(place, `${feature} ${done}`, () =>
      this.api.send(
        "PUT",
        address("features", feature, "artifacts", artifact),
        version === undefined ? {} : { version },
      ),
    );
  }

  async create(kind: "feature" | "distribution", name: string): Promise<void> {
    const item = { kind, name };
    // A PUT replaces, so it must not empty an item that another person has just created.
    await this.tryRefresh();
    const { model } = this.store.view;
    if (model === undefined || exists(model, item)) {
      this.store.note("create", `the ${kind} ${name} exists already; choose another name`);
      return;
    }
    const content = kind === "feature" ? { artifacts: [] } : { features: [] };
    const made = await this.act("create", `${kind} ${name} is created`, () =>
      this.api.send("PUT", address(`${kind}s`, name), content),
    );
    if (!made) return;
    this.store.set({ creating: undefined, filter: { ...this.store.view.filter, words: "", platform: undefined } });
    this.select(item);
    this.store.focusOn(`[data-key="${CSS.escape(keyOf(item))}"] .main`);
  }

  async remove(item: Item): Promise<void> {
    const removed = await this.act("panel", `${item.kind} ${item.name} is deleted`, () =>
      this.api.send("DELETE", address(`${item.kind}s`, item.name)),
    );
    this.store.set({ confirming: undefined });
    if (removed) this.store.focusOn(`[data-column="${item.kind}"] .main`);
  }

  async removeVersion(artifact: string, version: string): Promise<void> {
    await this.act("panel", `${artifact} ${version} is deleted`, () =>
      this.api.send("DELETE", address("artifacts", artifact, version)),
    );
    this.store.set({ confirming: undefined });
  }

  approve(target: string, place: string): Promise<boolean> {
    return this.act(place, `${target} is approved`, () => this.api.send("POST", address("targets", target, "approve")));
  }

  autoApprove(group: Group, autoApprove: boolean): Promise<boolean> {
    const { platform, distributions } = group;
    return this.act(
      "panel",
      `new targets of ${group.name} ${autoApprove ? "are approved automatically" : "wait for approval"}`,
      () => this.api.send("PUT", address("groups", group.name), { platform, autoApprove, distributions }),
    );
  }

  async upload(files: readonly File[]): Promise<void> {
    for (const file of files) await this.uploadOne(file);
  }

  private async uploadOne(file: File): Promise<void> {
    const id = ++this.uploads;
    const show = (upload: Omit<Upload, "id" | "file">): void =>
      this.store.set({
        uploads: [...this.store.view.uploads.filter((each) => each.id !== id), { id, file: file.name, ...upload }],
      });
    show({ done: 0, state: "sending", words: "" });
    try {
      const made = await this.api.upload(file, (done) => show({ done, state: "sending", words: "" }));
      const words = `${made.name} ${made.version} for ${platformName(made.platform)}`;
      show({ done: 1, state: "taken", words });
      this.store.announce(`${words} is uploaded`);
      setTimeout(() => this.dismissUpload(id), DONE_MS);
      await this.tryRefresh();
      this.store.reveal(`[data-key="${CSS.escape(`artifact/${made.name}`)}"]`);
    } catch (error) {
      show({ done: 0, state: "refused", words: reasonOf(error) });
      this.store.announce(`${file.name} was refused: ${reasonOf(error)}`);
    }
  }

  dismissUpload(id: number): void {
    this.store.set({ uploads: this.store.view.uploads.filter((each) => each.id !== id) });
  }

  /** Shows the log of a target, or of everything; `addEvents` adds later ones. */
  openLog(target: string | undefined): void {
    this.store.set({ log: { target, events: [], state: "loading", words: "" } });
    void this.readLog();
  }

  /** Reads the events that the log lacks: first the newest ones, later those after the last known one. */
  async readLog(): Promise<void> {
    const { target, events } = this.store.view.log;
    try {
      let after = events.at(-1)?.seq;
      for (let more = true; more;) {
        const query = new URLSearchParams({ limit: "500" });
        if (target !== undefined) query.set("target", target);
        if (after !== undefined) query.set("after", String(after));
        const page = await this.api.get<AuditPage>(`${address("audit")}?${query.toString()}`);
        if (this.store.view.log.target !== target) return;
        this.addEvents(page.events, "loaded");
        more = after !== undefined && page.events.length > 0 && page.next > after;
        after = page.next;
      }
    } catch (error) {
      const { log } = this.store.view;
      if (log.target === target) this.store.set({ log: { ...log, state: "failed", words: reasonOf(error) } });
    }
  }

  /** Adds events to the log that is shown, if they belong to it. */
  addEvents(events: readonly AuditEvent[], state = this.store.view.log.state): void {
    const { log } = this.store.view;
    const own = events.filter((each) => log.target === undefined || each.target === log.target);
    this.store.set({ log: { ...log, state, words: "", events: mergeEvents(log.events, own) } });
  }

  show(part: Part): void {
    this.store.set({ shown: part });
  }

  private async act(place: string, done: string, call: () => Promise<unknown>): Promise<boolean> {
    const { busy } = this.store.view;
    if (busy.has(place)) return false;
    this.store.set({ busy: new Set([...busy, place]) });
    this.store.note(place, undefined);
    try {
      await call();
      await this.tryRefresh();
      this.store.announce(done);
      return true;
    } catch (error) {
      this.store.note(place, reasonOf(error));
      this.store.reveal(`[data-key="${CSS.escape(place)}"] .refusal`);
      return false;
    } finally {
      this.store.set({ busy: new Set([...this.store.view.busy].filter((each) => each !== place)) });
    }
  }
}

function linkAddress(what: Item, to: Item): string {
  return address(`${to.kind}s`, to.name, `${what.kind}s`, what.name);
}

export function reasonOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return error instanceof Error ? error.message : String(error);
}
