/// <reference lib="dom" />
/** Provisioning page: the artifacts, their assignments, and the state of each agent. */
import { sleep } from "@inaetics/base";
import { Actions } from "./lib/actions";
import { address, Api, type Session } from "./lib/api";
import { itemOf } from "./lib/associations";
import { note, pageOf } from "./lib/cards";
import { renderColumns, renderTabs } from "./lib/columns";
import { renderDetails } from "./lib/details";
import { patch } from "./lib/dom";
import { guardPage } from "./lib/drag";
import { connectionWords, hint, renderToolbar } from "./lib/header";
import { listenToKeys } from "./lib/keyboard";
import { logIn, renderLogin } from "./lib/login";
import { beginning, Store, type View } from "./lib/store";
import { ServerStream, type ServerEvent } from "./lib/stream";
import type { AuditEvent } from "./lib/shapes";

/** Interval in ms at which the targets are read without events. Ages and the state `gone` change by themselves. */
const REFRESH_MS = 10_000;
const ENDED = "The login has ended: log in again.";

const store = new Store(draw);
const api = new Api(() => signedOut(ENDED));
const actions = new Actions(api, store);
let stream: ServerStream | undefined;
let refreshed = 0;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

function draw(view: View): void {
  const { session, model } = view;
  document.body.dataset["state"] = session ? view.connection : "live";
  document.body.dataset["shown"] = view.shown;
  const state = element("state");
  state.hidden = !session;
  state.dataset["state"] = view.connection;
  write(state, connectionWords(view));
  element("leave").hidden = !session;
  write(element("who"), session ? session.user : "");
  write(element("announcement"), view.announcement);
  patch(element("login"), session === null ? [renderLogin(view, (user, password) => void enter(user, password))] : []);
  patch(element("problem"), [note({ view, store }, "model")]);
  const page = session && model ? pageOf(view, model, store, actions) : undefined;
  for (const id of ["toolbar", "hint", "tabs", "columns", "details"]) element(id).hidden = page === undefined;
  if (page === undefined) return;
  patch(element("toolbar"), renderToolbar(page));
  patch(element("hint"), hint(page));
  patch(element("tabs"), renderTabs(page));
  patch(element("columns"), renderColumns(page));
  patch(element("details"), renderDetails(page));
}

function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

async function enter(user: string, password: string): Promise<void> {
  const session = await logIn(api, store, user, password);
  if (session === undefined) return;
  signedIn(session);
  store.focusOn("#main");
}

function signedIn(session: Session): void {
  store.set({ session, connection: "connecting" });
  actions.select(itemOf(location.hash.slice(1)));
  actions.openLog(store.view.log.target);
  void actions.tryRefresh();
  stream?.stop();
  stream = new ServerStream(address("stream"), {
    onEvent: hear,
    onAgain: () => {
      void actions.tryRefresh();
      void actions.readLog();
    },
    onState: (connection, silentMs) => {
      store.set({ connection, silent: connection === "live" ? 0 : Math.round(silentMs / 1000) });
    },
    onSignedOut: () => {
      stream?.stop();
      void askAgain(ENDED);
    },
    probe: () => api.session(),
  });
  stream.start();
}

function hear(event: ServerEvent): void {
  if (event.name === "audit") actions.hear([JSON.parse(event.data) as AuditEvent]);
  refreshed = Date.now();
  void actions.tryRefresh();
}

function signedOut(words: string): void {
  stream?.stop();
  const { selected, log } = store.view;
  // Keeps the selection for the next login, but drops what others may not see.
  store.set({ ...beginning, now: Date.now(), session: null, selected, log: { ...log, events: [] } });
  store.set({ login: { ...beginning.login, words } });
  store.focusOn("#user");
}

/** Asks the server for the session until it answers; `words` are shown when nobody is logged in. */
async function askAgain(words: string): Promise<void> {
  for (;;) {
    try {
      const session = await api.session();
      if (session === undefined) signedOut(words);
      else signedIn(session);
      store.note("model", undefined);
      return;
    } catch (error) {
      store.note("model", error instanceof Error ? error.message : String(error));
      await sleep(1500);
    }
  }
}

element("leave").onclick = () => {
  void api.logout().then(
    () => signedOut("You are logged out."),
    (error: unknown) => store.note("model", `not logged out: ${String(error)}`),
  );
};
setInterval(() => {
  store.set({ now: Date.now() });
  const { session, connection, now } = store.view;
  if (!session || connection !== "live" || document.hidden || now - refreshed < REFRESH_MS) return;
  refreshed = now;
  void actions.tryRefresh();
}, 1000);
guardPage(store);
listenToKeys(store, actions);
void askAgain("");
