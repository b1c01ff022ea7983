/** Card of an item: its content, its relation to the selected item, and its actions. */
import { h, type Child, type Wanted } from "@inaetics/web";
import type { Actions } from "./actions";
import {
  assignable,
  closure,
  compatible,
  isAssigned,
  isSame,
  keyOf,
  platformOf,
  type Item,
  type Model,
} from "./associations";
import { dragging, dropOf } from "./drag";
import { platformName, splitName } from "./format";
import { toggle } from "./keyboard";
import type { Platform } from "./shapes";
import type { Store, View } from "./store";

/** Data from which each part of the page is drawn. */
export interface Page {
  readonly view: View;
  readonly model: Model;
  readonly store: Store;
  readonly actions: Actions;
  /** Keys associated with the selected item. */
  readonly related: ReadonlySet<string>;
}

export function pageOf(view: View, model: Model, store: Store, actions: Actions): Page {
  const related = view.selected === undefined ? new Set<string>() : closure(model, view.selected);
  return { view, model, store, actions, related };
}

export interface CardContent {
  readonly notes: readonly Child[];
  /** Text after the name for screen readers. */
  readonly spoken: string;
  readonly actions?: readonly Child[];
  readonly tab: boolean;
}

export function card(page: Page, item: Item, content: CardContent, ...below: readonly Child[]): Wanted {
  const { view, model, store, actions, related } = page;
  const key = keyOf(item);
  const selected = isSame(item, view.selected);
  const classes = [
    "card",
    selected && "selected",
    related.has(key) && "related",
    view.busy.has(key) && "busy",
    `drop-${dropOf(view, item)}`,
    view.over === key && "over",
  ].filter(Boolean);
  const platform = platformOf(model, item);
  const spoken = [
    item.name,
    platform === undefined ? "" : platformName(platform),
    content.spoken,
    relation(page, item),
  ];
  const buttons = [...(content.actions ?? []), linkAction(page, item, content.tab)].filter((each) => each);
  return h(
    "li",
    { key, class: `entry ${item.kind}`, "data-key": key },
    h(
      "div",
      { class: classes.join(" "), ...dragging(store, actions, item) },
      h(
        "div",
        { class: "face" },
        h(
          "div",
          {
            class: buttons.length === 1 ? "main beside" : "main",
            role: "button",
            tabindex: content.tab ? 0 : -1,
            "aria-pressed": String(selected),
            "aria-label": spoken.filter((each) => each !== "").join(", "),
            onclick: () => toggle(store, actions, item),
          },
          h("p", { class: "name" }, ...nameParts(page, item)),
          // A target has its group's platform, which is shown above it.
          item.kind !== "target" && platformBadge(platform),
          h("div", { class: "notes" }, ...content.notes),
        ),
        h("div", { class: "actions" }, ...buttons),
      ),
      note(page, key),
    ),
    ...below,
  );
}

function relation({ view, related }: Page, item: Item): string {
  const { selected } = view;
  return selected !== undefined && related.has(keyOf(item)) ? `belongs to ${selected.name}` : "";
}

function nameParts({ model }: Page, item: Item): readonly Child[] {
  const group = model.targets.find((each) => item.kind === "target" && each.id === item.name)?.group;
  const [family, own] = splitName(item.name, group);
  if (family === "") return [h("b", {}, own)];
  return [h("span", { class: "family" }, family), h("wbr", {}), h("b", {}, own)];
}

export function platformBadge(platform: Platform | undefined): Child {
  if (platform === undefined) return undefined;
  return h("span", { class: `badge ${platform === "osgi" ? "felix" : "celix"}` }, platformName(platform));
}

/** Reason of a refusal, shown at the control that caused it. */
export function note({ view, store }: Pick<Page, "view" | "store">, place: string): Child {
  const words = view.notes[place];
  if (words === undefined) return undefined;
  return h(
    "p",
    { key: "note", class: "refusal banner bad", role: "alert" },
    h("span", {}, words),
    h("button", { type: "button", "aria-label": "Dismiss", onclick: () => store.note(place, undefined) }, "×"),
  );
}

/** Button that assigns a card to the selected item, or unassigns it. */
function linkAction(page: Page, item: Item, tab: boolean): Child {
  const { view, model, actions } = page;
  const { selected } = view;
  if (selected === undefined || assignable(selected, item) === undefined) return undefined;
  const key = keyOf(item);
  const [what, to] = assignable(selected, item) ?? [selected, item];
  const common = { key: "link", type: "button", tabindex: tab ? 0 : -1 };
  if (isAssigned(model, selected, item)) {
    return h(
      "button",
      {
        ...common,
        class: "quiet",
        "aria-label": `Unassign ${what.name} from ${to.name}`,
        onclick: () => void actions.unassign(selected, item, key),
      },
      "Unassign",
    );
  }
  if (page.related.has(key)) return undefined;
  if (!compatible(model, selected, item)) return undefined;
  return h(
    "button",
    {
      ...common,
      "aria-label": `Assign ${what.name} to ${to.name}`,
      onclick: () => void actions.assign(selected, item, key),
    },
    "Assign",
  );
}
