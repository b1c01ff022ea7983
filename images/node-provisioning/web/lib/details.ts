/// <reference lib="dom" />
/** Panel below the columns: details of the selected item, and the actions on it. */
import { h, type Child } from "@inaetics/web";
import { keyOf, platformOf, type Item } from "./associations";
import { note, platformBadge, type Page } from "./cards";
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
      return [
        artifactVersions(page, name),
        associations(page, item, "feature", "Features with this artifact", "Add to feature"),
      ];
    case "feature":
      return [
        featureArtifacts(page, name),
        associations(page, item, "distribution", "Distributions with this feature", "Add to distribution"),
      ];
    case "distribution":
      return [
        associations(page, item, "feature", "Features of this distribution", "Add feature"),
        associations(page, item, "group", "Assigned to groups", "Assign to group"),
        associations(page, item, "target", "Assigned to single targets", "Assign to target"),
      ];
    case "group":
      return groupDetails(page, name);
    case "target":
      return targetDetails(page, name);
  }
}

/** Deleting needs a second press. The server refuses it while the item is in use. */
function deletion(page: Page, item: Item): readonly Child[] {
  if (item.kind !== "feature" && item.kind !== "distribution") return [];
  return confirmed(page, keyOf(item), `Delete ${item.kind}`, () => void page.actions.remove(item));
}
