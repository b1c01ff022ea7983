/// <reference lib="dom" />
/** Person that changes something. The page asks for the login only when it is needed. */
import { h, loginWords, patch, Problem, SessionApi, type Session } from "@inaetics/web";
import { element, write } from "./page";

/** Key that marks an earlier login here. Without it, the page need not ask the server for a session. */
const REMEMBERED = "inaetics-logged-in";

/** Error when a person was asked for the login and gave none. */
export class NotLoggedIn extends Error {}

export class Person {
  private readonly api = new SessionApi("/coordinator/session", () => this.show(undefined));
  private session: Session | undefined;
  private asking: Promise<Session | undefined> | undefined;

  /** Shows who is logged in, if anybody is. */
  start(): void {
    element("session").onclick = () => void (this.session === undefined ? this.ask("") : this.leave());
    this.show(undefined);
    if (localStorage.getItem(REMEMBERED) === null) return;
    this.api.session().then(
      (session) => this.show(session),
      () => undefined,
    );
  }

  /** Makes a change, after asking for the login where that is needed. Rejects with a Problem, or with NotLoggedIn. */
  async send(method: "PUT" | "POST", address: string, body: object): Promise<void> {
    if (this.session === undefined) await this.enter("");
    try {
      await this.api.send(method, address, body);
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error;
      await this.enter("The login has ended: log in again.");
      await this.api.send(method, address, body);
    }
  }

  private async enter(words: string): Promise<void> {
    const session = (words === "" ? await this.api.session() : undefined) ?? (await this.ask(words));
    if (session === undefined) throw new NotLoggedIn("nothing was changed: that needs the login");
    this.show(session);
  }

  private show(session: Session | undefined): void {
    this.session = session;
    if (session === undefined) localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, "yes");
    write("who", session?.user ?? "");
    write("session", session === undefined ? "Log in" : "Log out");
  }

  private async leave(): Promise<void> {
    await this.api.logout().catch(() => undefined);
    this.show(undefined);
  }

  private ask(words: string): Promise<Session | undefined> {
    this.asking ??= askForLogin(this.api, words).finally(() => (this.asking = undefined));
    return this.asking.then((session) => {
      if (session !== undefined) this.show(session);
      return session;
    });
  }
}

/** Opens the dialog; resolves with the session, or with undefined when it was closed without one. */
function askForLogin(api: SessionApi, words: string): Promise<Session | undefined> {
  const dialog = document.createElement("dialog");
  dialog.className = "login";
  dialog.setAttribute("aria-labelledby", "login-title");
  document.body.append(dialog);
  let session: Session | undefined;
  const draw = (state: { readonly busy: boolean; readonly words: string }): void => {
    const submit = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault();
      const form = new FormData(event.target as HTMLFormElement);
      draw({ busy: true, words: "" });
      try {
        session = await api.login(text(form, "user"), text(form, "password"));
        dialog.close();
      } catch (error) {
        draw({ busy: false, words: loginWords(error) });
        dialog.querySelector<HTMLInputElement>("#password")?.select();
      }
    };
    patch(
      dialog,
      loginForm(state, submit, () => dialog.close()),
    );
  };
  draw({ busy: false, words });
  return new Promise((resolve) => {
    dialog.onclose = () => {
      dialog.remove();
      resolve(session);
    };
    dialog.showModal();
  });
}

function loginForm(
  { busy, words }: { readonly busy: boolean; readonly words: string },
  onSubmit: (event: SubmitEvent) => Promise<void>,
  onCancel: () => void,
) {
  const form = h(
    "form",
    { onsubmit: (event: SubmitEvent) => void onSubmit(event) },
    h("h2", { id: "login-title" }, "Log in"),
    h("p", { class: "note" }, "Looking needs no login, changing does."),
    h("label", { for: "user" }, "Name"),
    h("input", { id: "user", name: "user", autocomplete: "username", autocapitalize: "none", required: true }),
    h("label", { for: "password" }, "Password"),
    h("input", {
      id: "password",
      name: "password",
      type: "password",
      autocomplete: "current-password",
      required: true,
      "aria-describedby": "login-words",
    }),
    h("p", { id: "login-words", class: "words", role: "alert" }, words),
    h(
      "div",
      { class: "row" },
      h(
        "button",
        { type: "submit", class: "strong", "aria-disabled": busy && "true" },
        busy ? "Logging in …" : "Log in",
      ),
      h("button", { type: "button", class: "quiet", onclick: onCancel }, "Cancel"),
    ),
  );
  return [form];
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
