/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Frame of all pages: links, the state of the connection, and the parts that are not known. */
import { Connection, type State } from "./connection";
import { duration, explain } from "./format";
import type { Live, StoredEvent } from "./live";
import { element, write } from "./page";

export interface Heard {
  readonly snapshot: (now: Live) => void;
  /** Called for each event; at the start with the newest past events. */
  readonly log?: (event: StoredEvent) => void;
  /** Called when a lost connection is back; events in between were missed. */
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

/** Links to provisioning, which is on the same boxes at its own port. */
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
