/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Arrow keys go from card to card: up and down in a column, left and right to the next one. */
import type { Actions } from "./actions";
import { itemOf, type Item } from "./associations";
import { columns, type Column, type Store } from "./store";

export function columnOf(item: Item): Column {
  return item.kind === "group" ? "target" : item.kind;
}

/** Selects an item, or nothing when it is selected already. */
export function toggle(store: Store, actions: Actions, item: Item): void {
  const { selected } = store.view;
  const same = selected?.kind === item.kind && selected.name === item.name;
  actions.select(same ? undefined : item);
}

export function listenToKeys(store: Store, actions: Actions): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") escape(store, actions);
    const main = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>(".main") : null;
    if (main === null || main !== event.target) return;
    const item = itemOf(keyAround(main));
    if (item === undefined) return;
    if (event.key === "Enter" || event.key === " ") toggle(store, actions, item);
    else if (!go(main, item, event.key)) return;
    event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const key = event.target instanceof HTMLElement ? keyAround(event.target) : "";
    const item = itemOf(key);
    if (item === undefined || store.view.current[columnOf(item)] === key) return;
    store.set({ current: { ...store.view.current, [columnOf(item)]: key } });
    // Draws at once, because the next Tab may come before the next frame and leads to this card's own buttons.
    store.flush();
  });
}

function escape(store: Store, actions: Actions): void {
  const { creating, confirming } = store.view;
  if (creating !== undefined || confirming !== undefined) store.set({ creating: undefined, confirming: undefined });
  else actions.select(undefined);
}

function keyAround(element: HTMLElement): string {
  return element.closest<HTMLElement>("[data-key]")?.dataset["key"] ?? "";
}

function go(from: HTMLElement, item: Item, key: string): boolean {
  const cards = cardsOf(columnOf(item));
  const place = cards.indexOf(from);
  const steps: Readonly<Record<string, () => HTMLElement | undefined>> = {
    ArrowUp: () => cards[Math.max(0, place - 1)],
    ArrowDown: () => cards[Math.min(cards.length - 1, place + 1)],
    Home: () => cards[0],
    End: () => cards.at(-1),
    ArrowLeft: () => beside(item, -1),
    ArrowRight: () => beside(item, 1),
  };
  const step = steps[key];
  if (step === undefined) return false;
  const next = step();
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Card in the next column that is not empty, preferably one related to the selected item. */
function beside(item: Item, step: -1 | 1): HTMLElement | undefined {
  for (let index = columns.indexOf(columnOf(item)) + step; columns[index] !== undefined; index += step) {
    const cards = cardsOf(columns[index]);
    const related = cards.find((each) => each.closest(".related") !== null);
    const found = related ?? cards.find((each) => each.tabIndex === 0) ?? cards[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

function cardsOf(column: Column | undefined): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`[data-column="${column ?? ""}"] .main`)].filter(
    (each) => each.offsetParent !== null,
  );
}
