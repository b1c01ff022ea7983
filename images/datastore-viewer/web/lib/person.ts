/// <reference lib="dom" />
/** Person who changes something. The page asks for the login only when a change needs it. */
import { askForLogin, element, LOGIN_ENDED, Problem, SessionApi, write, type Session } from "@inaetics/web";

/** Key that marks an earlier login here. Without it, the page need not ask the server for a session. */
const REMEMBERED = "inaetics-logged-in";
const NOTE = "Viewing needs no login, but changes do.";

/** Error of a change without the login that it needs. */
export class NotLoggedIn extends Error {}

export class Person {
  private readonly api = new SessionApi("/coordinator/session", () => this.show(undefined));
  private session: Session | undefined;
  private asking: Promise<Session | undefined> | undefined;

  /** Shows the user who is logged in, if any. */
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
      await this.enter(LOGIN_ENDED);
      await this.api.send(method, address, body);
    }
  }

  private async enter(words: string): Promise<void> {
    const session = (words === "" ? await this.api.session() : undefined) ?? (await this.ask(words));
    if (session === undefined) throw new NotLoggedIn("nothing was changed: a change needs the login");
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
    this.asking ??= askForLogin(this.api, NOTE, words).finally(() => (this.asking = undefined));
    return this.asking.then((session) => {
      if (session !== undefined) this.show(session);
      return session;
    });
  }
}
