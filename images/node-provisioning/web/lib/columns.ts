/// <reference lib="dom" />
/** The four columns: artifacts, features, distributions, and the targets by their groups. */
import { h, type Child, type Wanted } from "@inaetics/web";
import { itemsOf, keyOf, matches, type Item } from "./associations";
import { card, type Page } from "./cards";
import {
  artifactContent,
  distributionContent,
  featureContent,
  groupContent,
  targetContent,
  type Content,
} from "./contents";
import { newButton, newForm } from "./creating";
import { receivingFiles } from "./drag";
import { columns, type Column } from "./store";
import { uploadButton, uploadList } from "./uploads";

export const titles: Readonly<Record<Column, string>> = {
  artifact: "Artifacts",
  feature: "Features",
  distribution: "Distributions",
  target: "Targets",
};

export function renderColumns(page: Page): readonly Wanted[] {
  return [
    column(page, "artifact", entries(page, "artifact", artifactContent), uploadButton(page), ...uploadList(page)),
    column(
      page,
      "feature",
      entries(page, "feature", featureContent),
      newButton(page, "feature"),
      newForm(page, "feature"),
    ),
    column(
      page,
      "distribution",
      entries(page, "distribution", distributionContent),
      newButton(page, "distribution"),
      newForm(page, "distribution"),
    ),
    column(page, "target", groupEntries(page), undefined),
  ];
}

/** Items of a column that pass the filter. */
export function shownItems({ model, view }: Page, kind: Item["kind"]): readonly Item[] {
  return itemsOf(model, kind).filter((each) => matches(model, view.filter, each));
}

function column(page: Page, kind: Column, list: readonly Wanted[], button: Child, ...above: readonly Child[]): Wanted {
  const { view, store, actions, related } = page;
  const all = itemsOf(page.model, kind).length;
  const linked = [...related].filter((key) => key.startsWith(`${kind}/`)).length;
  const files = kind === "artifact" ? receivingFiles(store, actions, "files") : {};
  const inviting = kind === "artifact" && view.dragged === "files" ? " inviting" : "";
  return h(
    "section",
    {
      key: kind,
      class: `column${inviting}${view.over === "files" && kind === "artifact" ? " over" : ""}`,
      "data-column": kind,
      "aria-labelledby": `title-${kind}`,
      ...files,
    },
    h(
      "header",
      {},
      h("h2", { id: `title-${kind}` }, titles[kind]),
      h("span", { class: "count" }, linked > 0 ? `${linked} of ${all}` : String(all)),
      button,
    ),
    ...above,
    list.length > 0 && h("ul", { key: "cards", class: "cards", "aria-labelledby": `title-${kind}` }, ...list),
    list.length === 0 && h("p", { key: "empty", class: "empty" }, ...emptyWords(page, kind)),
  );
}

/** Key of the card that Tab leads to: the last focused one, or the selected, or the first. */
function tabKey({ view }: Page, kind: Column, items: readonly Item[]): string | undefined {
  const keys = items.map(keyOf);
  const candidates = [view.current[kind], view.selected && keyOf(view.selected), keys[0]];
  return candidates.find((each) => each !== undefined && keys.includes(each));
}

function entries(page: Page, kind: Item["kind"] & Column, content: Content): readonly Wanted[] {
  const items = shownItems(page, kind);
  const tab = tabKey(page, kind, items);
  return items.map((item) => card(page, item, { ...content(page, item.name), tab: keyOf(item) === tab }));
}

function groupEntries(page: Page): readonly Wanted[] {
  const { model, view } = page;
  const targets = shownItems(page, "target");
  // A group is shown when it matches the filter or when one of its targets is shown.
  const groups = itemsOf(model, "group").filter((group) => {
    const members = targets.some((each) => groupOf(page, each) === group.name);
    return members || (view.filter.state === undefined && matches(model, view.filter, group));
  });
  const order = groups.flatMap((group) => [group, ...targets.filter((each) => groupOf(page, each) === group.name)]);
  const tab = tabKey(page, "target", order);
  return groups.map((group) => {
    const members = targets.filter((each) => groupOf(page, each) === group.name);
    return card(
      page,
      group,
      { ...groupContent(page, group.name), tab: keyOf(group) === tab },
      members.length > 0 &&
        h(
          "ul",
          { class: "cards", "aria-label": `Targets of ${group.name}` },
          ...members.map((each) => card(page, each, { ...targetContent(page, each.name), tab: keyOf(each) === tab })),
        ),
    );
  });
}

function groupOf({ model }: Page, target: Item): string | undefined {
  return model.targets.find((each) => each.id === target.name)?.group;
}

function emptyWords({ model, view }: Page, kind: Column): readonly Child[] {
  if (itemsOf(model, kind).length > 0 || (kind === "target" && model.groups.length > 0)) {
    const { words } = view.filter;
    return [words === "" ? "No item matches the filter." : `No name here contains “${words}”.`];
  }
  const none: Readonly<Record<Column, string>> = {
    artifact: "No artifacts yet. Upload an OSGi bundle (.jar) or a Celix bundle (.zip), or drop it here.",
    feature: "No features yet. A feature is a set of artifacts that work together: create one with New.",
    distribution: "No distributions yet. A distribution is a set of features that an agent gets: create one with New.",
    target: "No targets yet. Each agent pod appears here as soon as it asks for its bundles.",
  };
  return [none[kind]];
}

/** Tabs of a narrow page that lead to the columns and to the panel. */
export function renderTabs(page: Page): readonly Wanted[] {
  const { view, actions, related } = page;
  return ([...columns, "details"] as const).map((part) => {
    const linked = part === "details" ? view.selected : [...related].find((key) => key.startsWith(`${part}/`));
    const title = part !== "details" ? titles[part] : view.selected === undefined ? "Log" : "Details";
    return h(
      "button",
      {
        type: "button",
        class: linked === undefined ? "" : "linked",
        "aria-pressed": String(view.shown === part),
        onclick: () => actions.show(part),
      },
      title,
    );
  });
}
