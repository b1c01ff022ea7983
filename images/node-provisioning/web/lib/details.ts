/// <reference lib="dom" />
/** The panel below the columns: everything about what is selected, and what can be done with it. */
import { keyOf, platformOf, type Item } from "./associations";
import { note, platformBadge, type Page } from "./cards";
import { h, type Child } from "./dom";
import { artifactVersions, featureArtifacts } from "./artifacts";
import { confirmed } from "./confirm";
import { renderLog } from "./log";
import { associations } from "./picker";
import { groupDetails, targetDetails } from "./targetdetails";

export function renderDetails(page: Page): readonly Child[] {
  const { selected } = page.view;
  if (selected === undefined) return [renderLog(page)];
  return [
    h(
      "section",
      { key: keyOf(selected), class: "facts", "aria-labelledby": "details-title" },
      h(
        "header",
        {},
        h("h2", { id: "details-title" }, h("span", { class: "kind" }, selected.kind), " ", h("b", {}, selected.name)),
        platformBadge(platformOf(page.model, selected)),
        h("div", { class: "row end" }, ...deletion(page, selected)),
        h(
          "button",
          {
            class: "quiet",
            type: "button",
            "aria-label": "Close details",
            onclick: () => page.actions.select(undefined),
          },
          "×",
        ),
      ),
      note(page, "panel"),
      ...parts(page, selected),
    ),
    selected.kind === "target" && renderLog(page),
  ];
}

function parts(page: Page, { kind, name }: Item): readonly Child[] {
  const item = { kind, name };
  switch (kind) {
    case "artifact":
      return [artifactVersions(page, name), associations(page, item, "feature", "Part of", "Add to feature")];
    case "feature":
      return [featureArtifacts(page, name), associations(page, item, "distribution", "Part of", "Add to distribution")];
    case "distribution":
      return [
        associations(page, item, "feature", "Made of", "Add feature"),
        associations(page, item, "group", "Goes to all targets of", "Assign to group"),
        associations(page, item, "target", "Goes to", "Assign to target"),
      ];
    case "group":
      return groupDetails(page, name);
    case "target":
      return targetDetails(page, name);
  }
}

/** Deleting needs a second press. The server refuses it while the thing is in use. */
function deletion(page: Page, item: Item): readonly Child[] {
  if (item.kind !== "feature" && item.kind !== "distribution") return [];
  return confirmed(page, keyOf(item), `Delete ${item.kind}`, () => void page.actions.remove(item));
}
