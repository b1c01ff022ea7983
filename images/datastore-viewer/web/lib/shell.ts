/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What all pages have around their own part: links, the state of the connection, what is not known. */
import { Connection, type State } from "./connection";
import { duration, explain } from "./format";
import type { Live, StoredEvent } from "./live";
import { element, write } from "./page";

export interface Heard {
  readonly snapshot: (now: Live) => void;
  /** One thing that happened; the newest of the past come first. */
  readonly log?: (event: StoredEvent) => void;
  /** The connection is back after it was lost: what happened meanwhile was not heard. */
  readonly again?: () => void;
}

let state: State = "connecting";

/** Fills the page's frame and listens to the server for as long as the page is open. */
export function startShell({ snapshot, log, again }: Heard): void {
  linkProvisioning("90");
  const handlers = {
    snapshot: (data: unknown) => {
      const now = data as Live;
      linkProvisioning(String(now.provisioningPort));
      showProblems(now.problems);
      snapshot(now);
    },
    log: (data: unknown) => log?.(data as StoredEvent),
  };
  const onState = (next: State, silentMs: number): void => {
    if (state === "stale" && next === "live") again?.();
    state = next;
    showState(silentMs);
  };
  new Connection("/coordinator/stream", handlers, onState).start();
}

/** It is on the same boxes as this page, at a port of its own. */
function linkProvisioning(port: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-provisioning]")) {
    if (link.port !== port) link.href = `${location.protocol}//${location.hostname}:${port}/`;
  }
}

function showState(silentMs: number): void {
  element("state").dataset["state"] = state;
  document.body.dataset["state"] = state;
  write("state", state);
  element("stale").hidden = state !== "stale";
  if (state === "stale") write("age", `last heard ${duration(Math.round(silentMs / 1000) * 1000)} ago`);
}

function showProblems(problems: Live["problems"]): void {
  const lines = explain(problems);
  element("problems").hidden = lines.length === 0;
  write("problems", lines.join("\n"));
}
