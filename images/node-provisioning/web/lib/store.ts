/// <reference lib="dom" />
/** State of the page in one value. A caller sets only the parts that are new; the page is drawn once a frame. */
import { newLogin, type Login, type Session, type State } from "@inaetics/web";
import { everything, type Filter, type Item, type Model } from "./associations";
import type { AuditEvent } from "./shapes";

/** Columns, by the kind of their items. Groups and their targets share one. */
export const columns = ["artifact", "feature", "distribution", "target"] as const;
export type Column = (typeof columns)[number];
/** Part that a narrow page can show, one at a time. */
export type Part = Column | "details";

export interface Upload {
  readonly id: number;
  readonly file: string;
  /** 0 to 1 while it is under way. */
  readonly done: number;
  readonly state: "sending" | "taken" | "refused";
  readonly words: string;
}

export interface Log {
  /** Target of the log; undefined for the log of all targets. */
  readonly target: string | undefined;
  readonly events: readonly AuditEvent[];
  readonly state: "loading" | "loaded" | "failed";
  readonly words: string;
}

export interface View {
  /** Undefined until it is known; null without a login. */
  readonly session: Session | null | undefined;
  readonly login: Login;
  readonly model: Model | undefined;
  readonly selected: Item | undefined;
  readonly filter: Filter;
  /** Part that a narrow page shows. */
  readonly shown: Part;
  /** Card of each column that Tab leads to. */
  readonly current: Readonly<Partial<Record<Column, string>>>;
  /** Refusals, by the place where they were caused. */
  readonly notes: Readonly<Record<string, string>>;
  /** Places that wait for an answer of the server. */
  readonly busy: ReadonlySet<string>;
  readonly uploads: readonly Upload[];
  readonly creating: "feature" | "distribution" | undefined;
  /** Key of the item whose deletion waits for confirmation. */
  readonly confirming: string | undefined;
  readonly log: Log;
  readonly connection: State;
  /** Whole seconds without an event, once the connection is lost. */
  readonly silent: number;
  readonly dragged: Item | "files" | undefined;
  /** Place that the dragged item would be dropped on. */
  readonly over: string | undefined;
  readonly announcement: string;
  /** Time from which ages are computed, in milliseconds since 1970. */
  readonly now: number;
}

export const beginning: View = {
  session: undefined,
  login: newLogin,
  model: undefined,
  selected: undefined,
  filter: everything,
  shown: "artifact",
  current: {},
  notes: {},
  busy: new Set(),
  uploads: [],
  creating: undefined,
  confirming: undefined,
  log: { target: undefined, events: [], state: "loading", words: "" },
  connection: "connecting",
  silent: 0,
  dragged: undefined,
  over: undefined,
  announcement: "",
  now: Date.now(),
};

export class Store {
  view: View = beginning;
  private waiting = false;
  private focus: string | undefined;
  private readonly unseen: string[] = [];

  constructor(private readonly draw: (view: View) => void) {}

  set(parts: Partial<View>): void {
    const changed = (Object.keys(parts) as (keyof View)[]).some((name) => this.view[name] !== parts[name]);
    if (!changed) return;
    this.view = { ...this.view, ...parts };
    this.plan();
  }

  /** Focuses the element of the selector as soon as it is drawn. */
  focusOn(selector: string): void {
    this.focus = selector;
    this.plan();
  }

  /** Scrolls to the elements of the selectors, each as soon as it is drawn and no further than needed. */
  reveal(...selectors: readonly string[]): void {
    this.unseen.push(...selectors);
    this.plan();
  }

  /** Announces words to screen readers, also when they are the same as before. */
  announce(words: string): void {
    this.set({ announcement: this.view.announcement === words ? `${words}\u00a0` : words });
  }

  note(place: string, words: string | undefined): void {
    const { notes } = this.view;
    if (notes[place] === words) return;
    const others = Object.entries(notes).filter(([each]) => each !== place);
    this.set({ notes: Object.fromEntries(words === undefined ? others : [...others, [place, words]]) });
  }

  private plan(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.flush());
  }

  /** Draws pending changes at once. */
  flush(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.draw(this.view);
    if (this.focus !== undefined) document.querySelector<HTMLElement>(this.focus)?.focus();
    this.focus = undefined;
    for (const each of this.unseen.splice(0)) document.querySelector(each)?.scrollIntoView({ block: "nearest" });
  }
}
