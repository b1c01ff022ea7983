/// <reference lib="dom" />
/**
 * Assigns by dragging one card onto another, and uploads files dropped on the artifacts. Both also work without a
 * mouse.
 */
import type { Attributes } from "@inaetics/web";
import type { Actions } from "./actions";
import { assignable, compatible, isAssigned, keyOf, type Item } from "./associations";
import type { Store, View } from "./store";

/** Role of a card for the dragged item: it fits, it refuses (other platform), or it is unrelated. */
export type Drop = "fits" | "refuses" | "none";

export function dropOf(view: View, item: Item): Drop {
  const { dragged, model } = view;
  if (dragged === undefined || dragged === "files" || model === undefined) return "none";
  if (assignable(dragged, item) === undefined || isAssigned(model, dragged, item)) return "none";
  return compatible(model, dragged, item) ? "fits" : "refuses";
}

/**
 * Attributes that make a card draggable and a drop target. A drop that does not fit is allowed, because the server
 * gives the reason.
 */
export function dragging(store: Store, actions: Actions, item: Item): Attributes {
  const key = keyOf(item);
  return {
    draggable: "true",
    ondragstart: (event: DragEvent) => {
      event.stopPropagation();
      event.dataTransfer?.setData("text/plain", item.name);
      if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "link";
      store.set({ dragged: item });
    },
    ondragend: () => store.set({ dragged: undefined, over: undefined }),
    ondragover: (event: DragEvent) => {
      if (dropOf(store.view, item) === "none") return;
      event.preventDefault();
      event.stopPropagation();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "link";
      store.set({ over: key });
    },
    ondragleave: (event: DragEvent) => leave(store, event, key),
    ondrop: (event: DragEvent) => {
      const { dragged } = store.view;
      if (dragged === undefined || dragged === "files" || dropOf(store.view, item) === "none") return;
      event.preventDefault();
      event.stopPropagation();
      store.set({ dragged: undefined, over: undefined });
      void actions.assign(dragged, item, key);
    },
  };
}

/** Attributes that let files be dropped on a place. */
export function receivingFiles(store: Store, actions: Actions, place: string): Attributes {
  return {
    ondragover: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      store.set({ dragged: "files", over: place });
    },
    ondragleave: (event: DragEvent) => leave(store, event, place),
    ondrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      void actions.upload([...(event.dataTransfer?.files ?? [])]);
      store.set({ dragged: undefined, over: undefined });
    },
  };
}

/** Prevents that a file dropped beside its place is opened instead of the page. */
export function guardPage(store: Store): void {
  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    if (!event.defaultPrevented && event.dataTransfer !== null) event.dataTransfer.dropEffect = "none";
    event.preventDefault();
    store.set({ dragged: "files" });
  });
  window.addEventListener("drop", (event) => {
    if (hasFiles(event)) event.preventDefault();
    store.set({ dragged: undefined, over: undefined });
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null && store.view.dragged === "files")
      store.set({ dragged: undefined, over: undefined });
  });
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** Ignores a move to an element inside. */
function leave(store: Store, event: DragEvent, place: string): void {
  const inside = event.relatedTarget instanceof Node && (event.currentTarget as Node).contains(event.relatedTarget);
  if (!inside && store.view.over === place) store.set({ over: undefined });
}
