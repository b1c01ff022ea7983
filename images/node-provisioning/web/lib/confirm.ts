import { h, type Child } from "@inaetics/web";
import type { Page } from "./cards";

/** Button that asks before it acts. */
export function confirmed({ view, store }: Page, key: string, words: string, action: () => void): readonly Child[] {
  if (view.confirming !== key) {
    return [
      h(
        "button",
        {
          key: "ask",
          type: "button",
          class: "danger quiet",
          "data-asks": key,
          onclick: () => {
            store.set({ confirming: key });
            store.focusOn(".confirm");
          },
        },
        words,
      ),
    ];
  }
  return [
    h("span", { key: "question" }, "Delete permanently?"),
    h("button", { key: "yes", type: "button", class: "danger confirm", onclick: action }, words),
    h(
      "button",
      {
        key: "no",
        type: "button",
        class: "quiet",
        onclick: () => {
          store.set({ confirming: undefined });
          store.focusOn(`[data-asks="${CSS.escape(key)}"]`);
        },
      },
      "Keep it",
    ),
  ];
}
