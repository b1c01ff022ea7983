/** The audit log, the newest first. */
import { describe } from "./audit";
import type { Page } from "./cards";
import { h, type Child, type Wanted } from "./dom";
import { clock, duration } from "./format";
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
      h("h3", { id: "log-title" }, log.target === undefined ? "What agents report" : "What this agent reports"),
      h(
        "span",
        { id: "log-state", class: `log-state ${live ? "good" : "bad"}` },
        live ? "live" : `not live${silent > 1 ? `, last heard ${duration(silent * 1000)} ago` : ""}`,
      ),
    ),
    ...content(page),
  );
}

function content(page: Page): readonly Child[] {
  const { log, now } = page.view;
  if (log.state === "failed")
    return [h("p", { key: "failed", class: "refusal" }, h("span", {}, `not read: ${log.words}`))];
  if (log.events.length === 0) {
    const words = log.state === "loading" ? "reading …" : "Nothing has been reported yet.";
    return [h("p", { key: "none", class: "empty" }, words)];
  }
  const newest = [...log.events].reverse();
  return [
    h(
      "ol",
      { key: "events", tabindex: 0, role: "log", "aria-label": "Audit log, the newest first", "aria-live": "off" },
      ...newest.map((each) => row(page, each, now)),
    ),
  ];
}

function row({ view, actions }: Page, event: AuditEvent, now: number): Wanted {
  const { label, tone, subject } = describe(event);
  return h(
    "li",
    { key: String(event.seq), class: `event ${tone}` },
    h(
      "time",
      { datetime: new Date(event.time).toISOString(), title: new Date(event.time).toLocaleString() },
      clock(event.time, now),
    ),
    view.log.target === undefined &&
      h(
        "button",
        { class: "link", type: "button", onclick: () => actions.select({ kind: "target", name: event.target }) },
        event.target,
      ),
    h("b", {}, label),
    subject !== "" && h("span", { class: "subject" }, subject),
    event.message !== undefined && h("span", { class: "message" }, event.message),
  );
}
