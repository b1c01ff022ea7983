/// <reference lib="dom" />
/** Top of the page: states of the targets, filters and hint. */
import { h, type Child, type Wanted } from "@inaetics/web";
import { summary, type Filter } from "./associations";
import type { Page } from "./cards";

export function renderToolbar(page: Page): readonly Wanted[] {
  const { view, store } = page;
  const { filter } = view;
  const set = (parts: Partial<Filter>): void => store.set({ filter: { ...filter, ...parts } });
  return [
    h("div", { key: "chips", class: "chips", role: "group", "aria-label": "Show targets by state" }, ...chips(page)),
    h(
      "div",
      { key: "filters", class: "filters" },
      h(
        "div",
        { class: "segments", role: "group", "aria-label": "Platform" },
        ...([undefined, "osgi", "celix"] as const).map((each) =>
          h(
            "button",
            {
              type: "button",
              "aria-pressed": String(filter.platform === each),
              onclick: () => set({ platform: each }),
            },
            each === undefined ? "All" : each === "osgi" ? "Felix" : "Celix",
          ),
        ),
      ),
      h("input", {
        id: "find",
        type: "search",
        value: filter.words,
        placeholder: "Find by name",
        "aria-label": "Find by name",
        oninput: (event: Event) => set({ words: (event.target as HTMLInputElement).value }),
      }),
    ),
  ];
}

const chipWords = [
  ["failed", "failed", "bad"],
  ["updating", "updating", "wait"],
  ["unapproved", "to approve", "wait"],
  ["waiting", "waiting", "plain"],
  ["current", "up to date", "good"],
  ["gone", "gone", "plain"],
] as const;

function chips({ model, view, store, actions }: Page): readonly Child[] {
  const counts = summary(model.targets);
  return chipWords.map(([state, words, tone]) => {
    const pressed = view.filter.state === state;
    if (counts[state] === 0 && !pressed) return undefined;
    return h(
      "button",
      {
        key: state,
        type: "button",
        class: `chip lamp ${tone}${state === "updating" && counts[state] > 0 ? " moving" : ""}`,
        "aria-pressed": String(pressed),
        onclick: () => {
          store.set({ filter: { ...view.filter, state: pressed ? undefined : state } });
          if (!pressed) actions.show("target");
        },
      },
      h("b", {}, String(counts[state])),
      ` ${words}`,
    );
  });
}

/** Hint at the next step for newcomers to the page. */
export function hint({ view }: Page): readonly Child[] {
  const { selected } = view;
  if (selected === undefined) {
    return [
      "Select an item to see its parts and its targets, and to assign it.",
      h("span", { class: "with-mouse" }, " Or drag it onto an item in the next column."),
    ];
  }
  const next: Readonly<Record<typeof selected.kind, string>> = {
    artifact: "a feature",
    feature: "an artifact or a distribution",
    distribution: "a feature, a group or a target",
    group: "a distribution",
    target: "a distribution",
  };
  return [
    h("b", {}, selected.name),
    ` is selected: press Assign on ${next[selected.kind]}`,
    h("span", { class: "with-mouse" }, ", or drag it there. Escape ends the selection"),
    ".",
  ];
}
