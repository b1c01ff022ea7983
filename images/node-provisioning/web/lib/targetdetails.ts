/// <reference lib="dom" />
/** Details of a target, and of a group of targets. */
import { ago, clock, h, UNKNOWN, type Child, type Wanted } from "@inaetics/web";
import { itemsOf, type Item } from "./associations";
import type { Page } from "./cards";
import { associations, itemLink } from "./picker";
import type { Target } from "./shapes";
import { conditionOf, progressOf, progressWords } from "./targets";

export function targetDetails(page: Page, id: string): readonly Child[] {
  const target = page.model.targets.find((each) => each.id === id);
  if (target === undefined) return [];
  const item: Item = { kind: "target", name: id };
  return [
    h("div", { key: "state", class: "stack" }, facts(page, target), buttons(page, target)),
    h(
      "div",
      { key: "content", class: "stack" },
      artifacts(page, target),
      associations(page, item, "distribution", "Distributions of this target alone", "Assign distribution"),
    ),
  ];
}

function facts(page: Page, target: Target): Wanted {
  const { now } = page.view;
  const { wanted, current, failed } = target;
  const { tone, words } = conditionOf(target, now);
  const since = (version: { readonly version: string; readonly since: number } | null): string =>
    version === null ? "nothing" : `${version.version} since ${clock(version.since, now)}`;
  return h(
    "dl",
    { key: "facts" },
    ...fact("State", h("span", { class: `condition lamp ${tone}` }, words)),
    ...fact("Group", itemLink(page, { kind: "group", name: target.group })),
    ...fact("Address", target.address === "" ? UNKNOWN : target.address),
    ...fact("Approved", target.approved ? "yes" : "no"),
    ...fact("Requested", since(wanted)),
    ...fact("Runs", since(current)),
    ...(failed === null ? [] : fact("Failed", h("span", { class: "bad" }, `${failed.version}: ${failed.reason}`))),
    ...fact("Last seen", `${ago(target.lastSeen, now)}, first seen ${ago(target.registeredAt, now)}`),
  );
}

function fact(name: string, value: Wanted | string): readonly Wanted[] {
  return [h("dt", { key: name }, name), h("dd", { key: name }, value)];
}

function buttons({ actions }: Page, target: Target): Child {
  const gone = target.state === "gone";
  if (!gone && target.approved) return undefined;
  return h(
    "div",
    { key: "buttons", class: "row" },
    gone
      ? h(
          "button",
          {
            type: "button",
            class: "quiet danger",
            onclick: () => void actions.remove({ kind: "target", name: target.id }),
          },
          "Remove this target",
        )
      : h("button", { type: "button", onclick: () => void actions.approve(target.id, "panel") }, "Approve"),
  );
}

function artifacts(page: Page, { wanted }: Target): Child {
  if (wanted === null) return undefined;
  return h(
    "div",
    { key: "artifacts", class: "links" },
    h("h3", {}, `Artifacts of version ${wanted.version}`),
    h(
      "ul",
      { class: "tags" },
      ...wanted.artifacts.map((each) =>
        h(
          "li",
          { key: each.name },
          itemLink(page, { kind: "artifact", name: each.name }),
          h("span", { class: "version" }, each.version),
        ),
      ),
    ),
  );
}

export function groupDetails(page: Page, name: string): readonly Child[] {
  const { model, actions } = page;
  const item: Item = { kind: "group", name };
  const group = model.groups.find((each) => each.name === name);
  const members = model.targets.filter((each) => each.group === name);
  const choice =
    group !== undefined &&
    h(
      "label",
      { key: "auto", class: "row" },
      h("input", {
        type: "checkbox",
        checked: group.autoApprove,
        onchange: (event: Event) => void actions.autoApprove(group, (event.target as HTMLInputElement).checked),
      }),
      "approve new targets automatically",
    );
  return [
    h(
      "div",
      { key: "about", class: "links" },
      h("h3", {}, "Progress"),
      h("p", {}, progressWords(progressOf(members))),
      choice,
    ),
    associations(page, item, "distribution", "Distributions for all its targets", "Assign distribution"),
    h(
      "div",
      { key: "members", class: "links" },
      h("h3", {}, "Targets of this group"),
      members.length === 0 && h("p", { class: "empty" }, "none now; new pods appear here"),
      h(
        "ul",
        { class: "tags" },
        ...itemsOf(model, "target")
          .filter((each) => members.some((member) => member.id === each.name))
          .map((each) => h("li", { key: each.name }, itemLink(page, each))),
      ),
    ),
  ];
}
