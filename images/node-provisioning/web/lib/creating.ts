/// <reference lib="dom" />
/** Creates features and distributions. */
import { h, type Child, type Wanted } from "@inaetics/web";
import { note, type Page } from "./cards";

export function newButton({ view, store }: Page, kind: "feature" | "distribution"): Wanted {
  const open = view.creating === kind;
  return h(
    "button",
    {
      type: "button",
      class: "add",
      "aria-expanded": String(open),
      "aria-label": `New ${kind}`,
      onclick: () => {
        store.note("create", undefined);
        store.set({ creating: open ? undefined : kind });
        if (!open) store.focusOn("#new-name");
      },
    },
    "New",
  );
}

export function newForm(page: Page, kind: "feature" | "distribution"): Child {
  const { view, store, actions } = page;
  if (view.creating !== kind) return undefined;
  return h(
    "form",
    {
      key: "new",
      class: "new",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const name = new FormData(event.target as HTMLFormElement).get("name");
        if (typeof name === "string" && name.trim() !== "") void actions.create(kind, name.trim());
      },
    },
    h("label", { for: "new-name" }, `Name of the new ${kind}`),
    h("input", {
      id: "new-name",
      name: "name",
      required: true,
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 100,
    }),
    h("button", { type: "submit" }, "Create"),
    h("button", { type: "button", class: "quiet", onclick: () => store.set({ creating: undefined }) }, "Cancel"),
    note(page, "create"),
  );
}
