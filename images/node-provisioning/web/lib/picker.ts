/// <reference lib="dom" />
/** Associations of an item, each with a button to end it, and a list of further candidates. */
import { h, type Child, type Wanted } from "@inaetics/web";
import { compatible, isAssigned, itemsOf, keyOf, type Item, type Kind } from "./associations";
import type { Page } from "./cards";
import { splitName } from "./format";

/** List with a title. `verb` is the text of the choice that adds to it. */
export function associations(page: Page, item: Item, kind: Kind, title: string, verb: string): Wanted {
  const { model, actions } = page;
  const linked = itemsOf(model, kind).filter((each) => isAssigned(model, item, each));
  return h(
    "div",
    { key: `links ${kind}`, class: "links" },
    h("h3", {}, title),
    linked.length === 0 && h("p", { class: "empty" }, "none yet"),
    h(
      "ul",
      { class: "tags" },
      ...linked.map((each) =>
        h(
          "li",
          { key: keyOf(each) },
          itemLink(page, each),
          h(
            "button",
            {
              type: "button",
              class: "quiet",
              "aria-label": `Unassign ${each.name}`,
              onclick: () => void actions.unassign(item, each, "panel"),
            },
            "×",
          ),
        ),
      ),
    ),
    picker(page, item, kind, verb),
  );
}

/** Name of an item as a button that selects it. */
export function itemLink({ actions }: Page, item: Item): Wanted {
  const [family, own] = splitName(item.name);
  return h("button", { class: "link", type: "button", onclick: () => actions.select(item) }, family, h("wbr", {}), own);
}

/** Choice of items that could be assigned. Items for the other platform are listed but cannot be chosen. */
export function picker({ model, actions }: Page, item: Item, kind: Kind, verb: string): Child {
  const free = itemsOf(model, kind).filter((each) => !isAssigned(model, item, each));
  if (free.length === 0) return undefined;
  const fitting = free.filter((each) => compatible(model, item, each));
  const others = free.filter((each) => !compatible(model, item, each));
  const id = `pick-${kind}`;
  const option = (each: Item): Wanted => h("option", { key: each.name, value: each.name }, each.name);
  return h(
    "form",
    {
      class: "row",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        const name = new FormData(event.target as HTMLFormElement).get("name");
        if (typeof name === "string" && name !== "") void actions.assign(item, { kind, name }, "panel");
      },
    },
    h("label", { for: id, class: "unseen" }, verb),
    h(
      "select",
      { id, name: "name", required: true },
      h("option", { key: "", value: "" }, `${verb} …`),
      ...fitting.map(option),
      others.length > 0 && h("optgroup", { label: "For the other platform", disabled: true }, ...others.map(option)),
    ),
    h("button", { type: "submit", "aria-label": verb }, "Assign"),
  );
}
