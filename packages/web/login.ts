/// <reference lib="dom" />
/** Login form: it shows a wrong login, and after too many the time to wait. */
import { loginWords } from "@inaetics/web";
import { Problem, type Api, type Session } from "./api";
import { h, type Wanted } from "./dom";
import type { Store, View } from "./store";

export function renderLogin(view: View, onLogin: (user: string, password: string) => void): Wanted {
  const { busy, words, waitUntil } = view.login;
  const wait = Math.ceil((waitUntil - view.now) / 1000);
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
    h("h2", {}, "Log in"),
    h("p", { class: "note" }, "With the name and password of the dashboard."),
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
    h("button", { type: "submit", disabled: busy || wait > 0 }, label),
  );
}

/** Tries a login. Returns the session, or undefined after the reason was shown on the page. */
export async function logIn(api: Api, store: Store, user: string, password: string): Promise<Session | undefined> {
  store.set({ login: { busy: true, words: "", waitUntil: 0 } });
  try {
    const session = await api.login(user, password);
    store.set({ login: { busy: false, words: "", waitUntil: 0 } });
    return session;
  } catch (error) {
    const wait = error instanceof Problem ? error.retryAfter : 0;
    const now = Date.now();
    store.set({
      now,
      login: { busy: false, words: loginWords(error), waitUntil: wait > 0 ? now + wait * 1000 : 0 },
    });
    store.focusOn("#password");
    return undefined;
  }
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
