/// <reference lib="dom" />
/** Provisioning page: the artifacts, their assignments, and the state of each agent. */
import { sleep } from "@inaetics/base";
import {
  dashboardPort,
  element,
  linkSite,
  LOGIN_ENDED,
  loginForm,
  newLogin,
  patch,
  showState,
  tryLogin,
  write,
  type Session,
} from "@inaetics/web";
import { Actions } from "./lib/actions";
import { address, Api } from "./lib/api";
import { itemOf } from "./lib/associations";
import { note, pageOf } from "./lib/cards";
import { renderColumns, renderTabs } from "./lib/columns";
import { renderDetails } from "./lib/details";
import { guardPage } from "./lib/drag";
import { hint, renderToolbar } from "./lib/header";
import { listenToKeys } from "./lib/keyboard";
import { beginning, Store, type View } from "./lib/store";
import { ServerStream, type ServerEvent } from "./lib/stream";
import type { AuditEvent } from "./lib/shapes";

/** Interval in ms at which the targets are read without events. Ages and the state `gone` change by themselves. */
const REFRESH_MS = 10_000;
const NOTE = "Use the name and password of the dashboard.";

const store = new Store(draw);
const api = new Api(() => signedOut(LOGIN_ENDED));
const actions = new Actions(api, store);
let stream: ServerStream | undefined;
let refreshed = 0;

function draw(view: View): void {
  const { session, model } = view;
  document.body.dataset["shown"] = view.shown;
  showState(session === null ? "live" : view.connection, view.silent * 1000);
  element("state").hidden = session === null;
  element("session").hidden = !session;
  write("who", session ? session.user : "");
  write("announcement", view.announcement);
  patch(
    element("login"),
    session === null
      ? [loginForm(view.login, view.now, { note: NOTE, onLogin: (user, password) => void enter(user, password) })]
      : [],
  );
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

async function enter(user: string, password: string): Promise<void> {
  store.set({ login: { ...newLogin, busy: true } });
  const answer = await tryLogin(api, user, password);
  if ("user" in answer) {
    store.set({ login: newLogin });
    signedIn(answer);
    store.focusOn("#main");
  } else {
    store.set({ now: Date.now(), login: answer });
    store.focusOn("#password");
  }
}

function signedIn(session: Session): void {
  store.set({ session, connection: "connecting" });
  actions.select(itemOf(location.hash.slice(1)));
  actions.openLog(store.view.log.target);
  void actions.tryRefresh();
  stream?.stop();
  stream = new ServerStream(address("stream"), {
    onEvent,
    onAgain: () => {
      void actions.tryRefresh();
      void actions.readLog();
    },
    onState: (connection, silentMs) => {
      store.set({ connection, silent: connection === "live" ? 0 : Math.round(silentMs / 1000) });
    },
    onSignedOut: () => {
      stream?.stop();
      void askAgain(LOGIN_ENDED);
    },
    probe: () => api.session(),
  });
  stream.start();
}

function onEvent(event: ServerEvent): void {
  if (event.name === "audit") actions.addEvents([JSON.parse(event.data) as AuditEvent]);
  refreshed = Date.now();
  void actions.tryRefresh();
}

function signedOut(words: string): void {
  stream?.stop();
  const { selected, log } = store.view;
  // Keeps the selection for the next login, but drops what others may not see.
  store.set({ ...beginning, now: Date.now(), session: null, selected, log: { ...log, events: [] } });
  store.set({ login: { ...newLogin, words } });
  store.focusOn("#user");
}

/** Asks the server for the session until it answers; `words` are shown when there is no session. */
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

element("session").onclick = () => {
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
linkSite("dashboard", dashboardPort());
guardPage(store);
listenToKeys(store, actions);
void askAgain("");
