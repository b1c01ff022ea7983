/** Log of the agents' reports, the newest first. */
import { clock, elapsed, h, type Child, type Wanted } from "@inaetics/web";
import type { Actions } from "./actions";
import { describe } from "./audit";
import type { Page } from "./cards";
import type { AuditEvent } from "./shapes";

export function renderLog(page: Page): Wanted {
  const { log, connection, silent } = page.view;
  const live = connection === "live";
  return h(
    "section",
    { key: "log", class: "log", "aria-labelledby": "log-title" },
    h(
      "header",
      {},
      h("h3", { id: "log-title" }, log.target === undefined ? "Reports of all agents" : "Reports of this agent"),
      h(
        "span",
        { id: "log-state", class: `log-state ${live ? "good" : "bad"}` },
        live ? "live" : `not live${silent > 1 ? `, last update ${elapsed(silent * 1000)} ago` : ""}`,
      ),
    ),
    ...content(page),
  );
}

function content(page: Page): readonly Child[] {
  const { log, now } = page.view;
  if (log.state === "failed")
    return [
      h(
        "p",
        { key: "failed", class: "refusal banner bad" },
        h("span", {}, `The reports cannot be read: ${log.words}.`),
      ),
    ];
  if (log.events.length === 0) {
    const words = log.state === "loading" ? "Loading …" : "No reports yet.";
    return [h("p", { key: "none", class: "empty" }, words)];
  }
  const newest = [...log.events].reverse();
  const there = new Set(page.model.targets.map((each) => each.id));
  return [
    h(
      "ol",
      { key: "events", tabindex: 0, role: "log", "aria-label": "Reports, the newest first", "aria-live": "off" },
      ...newest.map((each) => row(page, each, now, there.has(each.target))),
    ),
  ];
}

function row({ view, actions }: Page, event: AuditEvent, now: number, there: boolean): Wanted {
  const { label, tone, subject } = describe(event);
  return h(
    "li",
    { key: String(event.seq), class: `event ${tone}` },
    h(
      "time",
      { datetime: new Date(event.time).toISOString(), title: new Date(event.time).toLocaleString() },
      clock(event.time, now),
    ),
    view.log.target === undefined && targetName(event.target, there, actions),
    h("b", {}, label),
    subject !== "" && h("span", { class: "subject" }, subject),
    event.message !== undefined && h("span", { class: "message" }, event.message),
  );
}

/** Tab skips these buttons, because there may be hundreds, and the target's card does the same. */
function targetName(name: string, there: boolean, actions: Actions): Wanted {
  if (!there) return h("span", { class: "subject" }, name);
  const select = (): void => actions.select({ kind: "target", name });
  return h("button", { class: "link", type: "button", tabindex: -1, onclick: select }, name);
}
