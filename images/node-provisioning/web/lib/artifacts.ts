/// <reference lib="dom" />
/** Versions of an artifact, and which of them a feature takes. */
import { ago, h, type Wanted } from "@inaetics/web";
import { address } from "./api";
import { keyOf, versionsOf, type Item } from "./associations";
import type { Page } from "./cards";
import { confirmed } from "./confirm";
import { fileSize } from "./format";
import { itemLink, picker } from "./picker";
import type { Artifact, ArtifactChoice } from "./shapes";

/** All versions of an artifact, with details to distinguish and download them. */
export function artifactVersions(page: Page, name: string): Wanted {
  const heads = ["Version", "Size", "Uploaded", "SHA-256", ""];
  return h(
    "div",
    { key: "versions", class: "scroll wide", tabindex: 0, role: "region", "aria-label": `Versions of ${name}` },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((each) => h("th", { scope: "col" }, each)))),
      h("tbody", {}, ...versionsOf(page.model, name).map((each) => versionRow(page, each))),
    ),
  );
}

function versionRow(page: Page, { name, version, size, createdAt, sha256 }: Artifact): Wanted {
  const file = address("artifacts", name, version);
  return h(
    "tr",
    { key: version },
    h("td", {}, h("a", { href: file, download: true, title: "Download" }, version)),
    h("td", { class: "number" }, fileSize(size)),
    h("td", { title: new Date(createdAt).toLocaleString() }, ago(createdAt, page.view.now)),
    h("td", { title: sha256 }, h("code", {}, sha256.slice(0, 12))),
    h(
      "td",
      {},
      h(
        "div",
        { class: "row" },
        ...confirmed(
          page,
          `artifact/${name} ${version}`,
          `Delete ${version}`,
          () => void page.actions.removeVersion(name, version),
        ),
      ),
    ),
  );
}

/** Artifacts of a feature, each with the version that it is pinned to, if any. */
export function featureArtifacts(page: Page, name: string): Wanted {
  const feature: Item = { kind: "feature", name };
  const artifacts = page.model.features.find((each) => each.name === name)?.artifacts ?? [];
  return h(
    "div",
    { key: "artifacts", class: "links wide" },
    h("h3", {}, "Artifacts of this feature"),
    artifacts.length === 0 && h("p", { class: "empty" }, "none yet"),
    h(
      "ul",
      { class: "pins" },
      ...artifacts.map((each) => {
        const artifact: Item = { kind: "artifact", name: each.name };
        return h(
          "li",
          { key: keyOf(artifact) },
          itemLink(page, artifact),
          versionChoice(page, name, each),
          h(
            "button",
            {
              type: "button",
              class: "quiet",
              "aria-label": `Unassign ${each.name}`,
              onclick: () => void page.actions.unassign(artifact, feature, "panel"),
            },
            "×",
          ),
        );
      }),
    ),
    picker(page, feature, "artifact", "Add artifact"),
  );
}

function versionChoice(page: Page, feature: string, artifact: ArtifactChoice): Wanted {
  const versions = versionsOf(page.model, artifact.name);
  return h(
    "select",
    {
      class: artifact.version === undefined ? "" : "pinned",
      "aria-label": `Version of ${artifact.name} in ${feature}`,
      value: artifact.version ?? "",
      onchange: (event: Event) => {
        const { value } = event.target as HTMLSelectElement;
        void page.actions.pin(feature, artifact.name, value === "" ? undefined : value, "panel");
      },
    },
    h("option", { key: "", value: "" }, `newest version, now ${versions[0]?.version ?? "none"}`),
    ...versions.map(({ version }) => h("option", { key: version, value: version }, `pinned to ${version}`)),
  );
}
