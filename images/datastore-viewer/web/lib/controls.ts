/// <reference lib="dom" />
/** Controls: the sample rate, the producers, and the processors. */
import { ago, h, UNKNOWN, type Child, type Wanted } from "@inaetics/web";
import { kindName, percent } from "./format";
import type { Live } from "./live";
import { NotLoggedIn, type Person } from "./person";
import { Requested } from "./requested";

interface Kinds {
  readonly felix: number;
  readonly celix: number;
}

/** Setting of the processors: the mode and the requested numbers. */
interface Setting extends Kinds {
  readonly mode: "auto" | "manual";
}

/** Delay in ms after the last move of the slider, so that the server gets only the final value. */
const SETTLED_MS = 300;

export class Controls {
  private readonly rate = new Requested<number | null>();
  private readonly producers = new Requested<number | null>();
  private readonly processors = new Requested<Setting | null>(sameSetting);
  private readonly words = new Map<string, string>();
  /** Last change. Changes run one by one, because two at once could arrive in the wrong order. */
  private last: Promise<void> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly person: Person,
    private readonly redraw: () => void,
  ) {}

  render(now: Live): readonly Wanted[] {
    return [this.renderRate(now), this.renderProducers(now), this.renderProcessors(now)];
  }

  private renderRate(now: Live): Wanted {
    const shown = this.rate.show(now.ratePercent, Date.now());
    const input = (event: Event): void => {
      const value = Number((event.target as HTMLInputElement).value);
      this.rate.set(value, Date.now());
      this.redraw();
      clearTimeout(this.timer);
      this.timer = setTimeout(
        () => this.change("rate", "POST", "/coordinator/utilisation", { value }, this.rate),
        SETTLED_MS,
      );
    };
    return this.group(
      "rate",
      "Sample rate",
      h("label", { for: "rate", class: "note" }, "Requested percentage of the highest rate, for all producers"),
      h(
        "div",
        { class: "slider" },
        h("input", {
          id: "rate",
          type: "range",
          min: 0,
          max: 100,
          step: 5,
          value: String(shown ?? 0),
          disabled: shown === null,
          oninput: input,
          "aria-valuetext": shown === null ? UNKNOWN : `${shown} percent`,
        }),
        h("output", { id: "rate-output", for: "rate" }, shown === null ? UNKNOWN : `${shown} %`),
      ),
      h("p", { class: "note" }, `Measured: ${percent(now.utilisation)} of the highest rate`),
    );
  }

  private renderProducers(now: Live): Wanted {
    const { producers, maxProducers } = now;
    const shown = this.producers.show(producers?.requested ?? null, Date.now());
    const step = (value: number): void => {
      this.producers.set((shown ?? 0) + value, Date.now());
      this.change("producers", "POST", "/coordinator/scaleProducer", { value }, this.producers);
    };
    return this.group(
      "producers",
      "Producers",
      stepper("producers", "producers", shown, { min: 0, max: maxProducers }, step),
      h("p", { class: "note" }, `${producers?.running ?? UNKNOWN} running, at most ${maxProducers}`),
    );
  }

  private renderProcessors(now: Live): Wanted {
    const { policy, decision } = now;
    const shown = this.processors.show(settingOf(now), Date.now());
    const [min, max] = [policy?.min ?? 0, policy?.max ?? 0];
    const total = shown === null ? 0 : shown.felix + shown.celix;
    const set = (mode: Setting["mode"], { felix, celix }: Kinds): void => {
      this.processors.set({ mode, felix, celix }, Date.now());
      const body = mode === "auto" ? { auto: true } : { felix, celix };
      this.change("processors", "PUT", "/coordinator/processors", body, this.processors);
    };
    const kind = (each: keyof Kinds): Child =>
      h(
        "div",
        { key: each, class: "kind" },
        h("span", { class: `badge ${each}` }, kindName(each)),
        stepper(
          each,
          `${kindName(each)} processors`,
          shown?.[each] ?? null,
          limits(shown, each, total, min, max),
          (value) => {
            if (shown !== null) set("manual", { ...shown, [each]: shown[each] + value });
          },
        ),
      );
    return this.group(
      "processors",
      "Processors",
      h(
        "div",
        { class: "segments", role: "group", "aria-label": "Scaling of the processors" },
        ...(["auto", "manual"] as const).map((mode) =>
          h(
            "button",
            {
              id: `mode-${mode}`,
              type: "button",
              "aria-pressed": String(shown?.mode === mode),
              "aria-disabled": shown === null && "true",
              onclick: () => shown !== null && shown.mode !== mode && set(mode, shown),
            },
            mode === "auto" ? "Automatic" : "By hand",
          ),
        ),
      ),
      h("div", { class: "kinds" }, kind("felix"), kind("celix")),
      h("p", { class: "note" }, policyWords(now)),
      decision !== null &&
        h("p", { class: "note" }, h("b", {}, decision.rule), `: ${decision.reason}, ${ago(decision.at, now.at)}`),
    );
  }

  private group(id: string, title: string, ...children: readonly Child[]): Wanted {
    const words = this.words.get(id) ?? "";
    return h(
      "section",
      { key: id, class: "control", "aria-label": title },
      h("h3", {}, title),
      ...children,
      h("p", { key: "words", id: `${id}-words`, class: "words", role: "alert" }, words),
    );
  }

  /** Sends a change to the server. A refusal is shown at the control, which then shows the actual value again. */
  private change(
    id: string,
    method: "PUT" | "POST",
    address: string,
    body: object,
    requested: { clear(): void },
  ): void {
    this.words.delete(id);
    this.redraw();
    this.last = this.last
      .then(() => this.person.send(method, address, body))
      .catch((error: unknown) => {
        requested.clear();
        const words = error instanceof Error ? error.message : String(error);
        this.words.set(
          id,
          error instanceof NotLoggedIn ? "Not changed: a change needs the login." : `Not changed: ${words}`,
        );
      })
      .finally(this.redraw);
  }
}

interface Limits {
  readonly min: number;
  readonly max: number;
}

/** Limits of one kind, derived from the policy's limits for the total. In automatic mode nothing can be set by hand. */
function limits(shown: Setting | null, kind: keyof Kinds, total: number, min: number, max: number): Limits {
  if (shown === null || shown.mode === "auto") return { min: Infinity, max: -Infinity };
  const others = total - shown[kind];
  return { min: Math.max(0, min - others), max: max - others };
}

function stepper(
  id: string,
  name: string,
  value: number | null,
  { min, max }: Limits,
  step: (by: number) => void,
): Wanted {
  const button = (by: number, sign: string, word: string): Wanted => {
    const off = value === null || value + by < min || value + by > max;
    return h(
      "button",
      {
        id: `${id}-${word}`,
        type: "button",
        class: "step",
        "aria-label": `one ${word} of the ${name}`,
        // Not disabled: a person who steps to the limit would lose the focus.
        "aria-disabled": off && "true",
        onclick: () => !off && step(by),
      },
      sign,
    );
  };
  return h(
    "div",
    { class: "stepper", role: "group", "aria-label": name },
    button(-1, "−", "fewer"),
    h(
      "output",
      { id: `${id}-count`, class: value === null ? "unknown" : "" },
      value === null ? UNKNOWN : String(value),
    ),
    button(1, "+", "more"),
  );
}

/** Ignores the numbers in automatic mode. */
function sameSetting(one: Setting | null, other: Setting | null): boolean {
  if (one === null || other === null || one.mode !== other.mode) return one === other;
  return one.mode === "auto" || (one.felix === other.felix && one.celix === other.celix);
}

function settingOf({ mode, processorsByKind }: Live): Setting | null {
  if (mode === null || processorsByKind === null) return null;
  const asked = { felix: processorsByKind["felix"]?.requested ?? 0, celix: processorsByKind["celix"]?.requested ?? 0 };
  return { mode: mode.mode, ...asked };
}

function policyWords({ policy, mode }: Live): string {
  if (policy === null) return "The scaling policy is not known.";
  const { min, max, intervalSeconds } = policy;
  if (mode?.mode === "manual") return `The scaling policy is off. Allowed: ${min} to ${max} processors in total.`;
  if (policy.paused) return "The scaling policy is paused.";
  return `Scaling policy ${policy.policy}: ${min} to ${max} processors, decides every ${intervalSeconds} s.`;
}
