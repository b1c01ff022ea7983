/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Header of all pages: state of the connection, and links to the other site. Its markup is in parts/header.html. */
import { elapsed } from "./format";
import { element, write } from "./page";
import { DASHBOARD_PORT_COOKIE } from "./sites";

/** State of the connection to the server. `stale`: the connection is lost, and the page shows old data. */
export type State = "connecting" | "live" | "stale";

/** Shows the state in the header, and a banner while the data is old; `silentMs` is the time since the last data. */
export function showState(state: State, silentMs: number): void {
  element("state").dataset["state"] = state;
  document.body.dataset["state"] = state;
  write("state", state === "stale" ? "not live" : state);
  element("stale").hidden = state !== "stale";
  if (state === "stale") write("age", `Last update: ${elapsed(silentMs)} ago.`);
}

/** The two sites. Both are on each box, each at its own port. */
export type Site = "dashboard" | "provisioning";

/** Points the links to a site at its port on the box that serves the page. */
export function linkSite(site: Site, port: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>(`a[data-site=${site}]`)) {
    if ((link.port || "80") !== port) link.port = port;
  }
}

/** Returns the dashboard's port, as the server of this page gave it. */
export function dashboardPort(): string {
  return new RegExp(`(?:^|; )${DASHBOARD_PORT_COOKIE}=(\\d+)`).exec(document.cookie)?.[1] ?? "80";
}
