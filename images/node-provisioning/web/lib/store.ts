/// <reference lib="dom" />
/** What the page shows, in one value. Whoever changes it gives the parts that are new; the page is drawn once a frame. */
import type { Session } from "./api";
import { everything, type Filter, type Item, type Model } from "./associations";
import type { AuditEvent } from "./shapes";
import type { State } from "./stream";

/** The columns, by the kind of the things in them; groups and their targets share one. */
export const columns = ["artifact", "feature", "distribution", "target"] as const;
export type Column = (typeof columns)[number];
/** What a narrow page can show, one at a time. */
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
  /** The target whose log it is; undefined for everything that happens. */
  readonly target: string | undefined;
  readonly events: readonly AuditEvent[];
  readonly state: "loading" | "loaded" | "failed";
  readonly words: string;
}

export interface Login {
  readonly busy: boolean;
  readonly words: string;
  /** Milliseconds since 1970 before which the server takes no further attempt; 0 when it does. */
  readonly waitUntil: number;
}

export interface View {
  /** Undefined until it is known; null when nobody is logged in. */
  readonly session: Session | null | undefined;
  readonly login: Login;
  readonly model: Model | undefined;
  readonly selected: Item | undefined;
  readonly filter: Filter;
  /** What a narrow page shows. */
  readonly shown: Part;
  /** In each column the card that Tab leads to. */
  readonly current: Readonly<Partial<Record<Column, string>>>;
  /** Refusals, by the place where they were caused. */
  readonly notes: Readonly<Record<string, string>>;
  /** Places where an answer is awaited. */
  readonly busy: ReadonlySet<string>;
  readonly uploads: readonly Upload[];
  readonly creating: "feature" | "distribution" | undefined;
  /** What has been asked to be deleted and waits for a yes. */
  readonly confirming: string | undefined;
  readonly log: Log;
  readonly connection: State;
  /** For how many whole seconds nothing was heard, once the connection is lost. */
  readonly silent: number;
  readonly dragged: Item | "files" | undefined;
  /** The place that what is dragged would be dropped on. */
  readonly over: string | undefined;
  readonly announcement: string;
  /** The time that ages are told from, in milliseconds since 1970. */
  readonly now: number;
}

export const beginning: View = {
  session: undefined,
  login: { busy: false, words: "", waitUntil: 0 },
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

  /** Puts the focus on what the selector names, as soon as it is drawn. */
  focusOn(selector: string): void {
    this.focus = selector;
    this.plan();
  }

  /** Scrolls to what the selectors name, each as soon as it is drawn and no further than needed. */
  reveal(...selectors: readonly string[]): void {
    this.unseen.push(...selectors);
    this.plan();
  }

  /** Says something to those who do not see the page; the same words twice are heard twice. */
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

  /** Draws at once what is not drawn yet. */
  flush(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.draw(this.view);
    if (this.focus !== undefined) document.querySelector<HTMLElement>(this.focus)?.focus();
    this.focus = undefined;
    for (const each of this.unseen.splice(0)) document.querySelector(each)?.scrollIntoView({ block: "nearest" });
  }
}
