/// <reference lib="dom" />
/** Login form of both sites, and its messages. */
import { h, patch, type Wanted } from "./dom";
import { Problem, type Session, type SessionApi } from "./session";

export interface Login {
  readonly busy: boolean;
  /** Reason why the last login failed, or why a login is needed. */
  readonly words: string;
  /** Milliseconds since 1970 before which the server accepts no further attempt; 0 when it accepts one. */
  readonly waitUntil: number;
}

/** Words above the form after a login has ended by itself. */
export const LOGIN_ENDED = "The login has ended: log in again.";

export const newLogin: Login = { busy: false, words: "", waitUntil: 0 };

export interface LoginOptions {
  /** Sentence below the title. */
  readonly note: string;
  readonly onLogin: (user: string, password: string) => void;
  /** Adds a button that closes the form. */
  readonly onCancel?: () => void;
}

/** Form for name and password; `now` in milliseconds since 1970. */
export function loginForm({ busy, words, waitUntil }: Login, now: number, options: LoginOptions): Wanted {
  const { note, onLogin, onCancel } = options;
  const wait = Math.ceil((waitUntil - now) / 1000);
  // The countdown is in the button: an alert that changes each second would be read out each second.
  const label = wait > 0 ? `Log in (in ${wait} s)` : busy ? "Logging in …" : "Log in";
  return h(
    "form",
    {
      key: "login",
      class: "panel login",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const form = new FormData(event.target as HTMLFormElement);
        onLogin(text(form, "user"), text(form, "password"));
      },
    },
    h("h2", { id: "login-title" }, "Log in"),
    h("p", { class: "note" }, note),
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
      h("button", { type: "submit", class: "strong", disabled: busy || wait > 0 }, label),
      onCancel !== undefined && h("button", { type: "button", class: "quiet", onclick: onCancel }, "Cancel"),
    ),
  );
}

/** Tries a login. Returns the session, or the form's next state with the reason of the failure. */
export async function tryLogin(api: SessionApi, user: string, password: string): Promise<Session | Login> {
  try {
    return await api.login(user, password);
  } catch (error) {
    const wait = error instanceof Problem ? error.retryAfter : 0;
    return { busy: false, words: loginWords(error), waitUntil: wait > 0 ? Date.now() + wait * 1000 : 0 };
  }
}

/**
 * Asks for the login in a dialog. Resolves with the session, or with undefined when the dialog was closed without one.
 */
export function askForLogin(api: SessionApi, note: string, words: string): Promise<Session | undefined> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "login-title");
  document.body.append(dialog);
  let session: Session | undefined;
  let login: Login = { ...newLogin, words };
  const draw = (): void => patch(dialog, [loginForm(login, Date.now(), { note, onLogin, onCancel })]);
  const onCancel = (): void => dialog.close();
  const onLogin = (user: string, password: string): void => void enter(user, password);
  const enter = async (user: string, password: string): Promise<void> => {
    login = { ...newLogin, busy: true };
    draw();
    const answer = await tryLogin(api, user, password);
    if ("user" in answer) {
      session = answer;
      dialog.close();
      return;
    }
    login = answer;
    draw();
    dialog.querySelector<HTMLInputElement>("#password")?.select();
  };
  draw();
  const countdown = setInterval(draw, 1000);
  return new Promise((resolve) => {
    dialog.onclose = () => {
      clearInterval(countdown);
      dialog.remove();
      resolve(session);
    };
    dialog.showModal();
  });
}

/** Explains why the login failed. */
function loginWords(error: unknown): string {
  if (!(error instanceof Problem)) return "The login failed for an unknown reason.";
  if (error.status === 401) return "The name or the password is wrong.";
  if (error.status === 429) {
    const { retryAfter } = error;
    return `Too many wrong logins from this address: wait ${retryAfter} ${retryAfter === 1 ? "second" : "seconds"}.`;
  }
  return `The login could not be checked: ${error.message}.`;
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
