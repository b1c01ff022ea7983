/// <reference lib="dom" />
/** Frame of the dashboard's pages: live data, state of the connection, links, and the parts that are not known. */
import { element, linkSite, showState, write, type State } from "@inaetics/web";
import { Connection } from "./connection";
import { explain } from "./format";
import type { Live, StoredEvent } from "./live";

export interface Handlers {
  readonly snapshot: (now: Live) => void;
  /** Called for each event; at the start with the newest past events. */
  readonly log?: (event: StoredEvent) => void;
  /** Called after a lost connection is restored; events in between were missed. */
  readonly again?: () => void;
}

/** Port of provisioning until the server has sent it. */
const DEFAULT_PORT = "90";

/** Fills the page's frame and listens to the server for as long as the page is open. */
export function startShell({ snapshot, log, again }: Handlers): void {
  linkSite("provisioning", DEFAULT_PORT);
  const handlers = {
    snapshot: (data: unknown) => {
      const now = data as Live;
      linkSite("provisioning", String(now.provisioningPort));
      showProblems(now.problems);
      snapshot(now);
    },
    log: (data: unknown) => log?.(data as StoredEvent),
  };
  let state: State = "connecting";
  const onState = (next: State, silentMs: number): void => {
    if (state === "stale" && next === "live") again?.();
    state = next;
    showState(state, silentMs);
  };
  new Connection("/coordinator/stream", handlers, onState).start();
}

function showProblems(problems: Live["problems"]): void {
  const lines = explain(problems);
  element("problems").hidden = lines.length === 0;
  write("problems", lines.join("\n"));
}
