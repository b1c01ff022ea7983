/** Texts on the cards of each kind. */
import { clock, h } from "@inaetics/web";
import { isAssigned, itemsOf, versionsOf, type Item } from "./associations";
import type { CardContent, Page } from "./cards";
import { plural } from "./format";
import { conditionOf, progressOf, progressWords } from "./targets";

export type Content = (page: Page, name: string) => Omit<CardContent, "tab">;

function texts(...words: readonly string[]): Omit<CardContent, "tab"> {
  return { notes: words.map((each) => h("p", {}, each)), spoken: words.join(", ") };
}

export const artifactContent: Content = ({ model }, name) => {
  const versions = versionsOf(model, name);
  const used = model.features.filter((each) => each.artifacts.some((artifact) => artifact.name === name)).length;
  const older = versions.length > 1 ? `, ${plural(versions.length - 1, "older version")}` : "";
  return texts(`${versions[0]?.version ?? ""}${older}`, used === 0 ? "not used yet" : `in ${plural(used, "feature")}`);
};

export const featureContent: Content = ({ model, view }, name) => {
  const feature = model.features.find((each) => each.name === name);
  const artifacts = feature?.artifacts ?? [];
  const pinned = artifacts.filter((each) => each.version !== undefined).length;
  const content = `${plural(artifacts.length, "artifact")}${pinned > 0 ? `, ${pinned} pinned` : ""}`;
  const link = artifacts.find((each) => view.selected?.kind === "artifact" && each.name === view.selected.name);
  if (link === undefined) return texts(content);
  return texts(content, link.version === undefined ? "takes the newest" : `keeps ${link.version}`);
};

export const distributionContent: Content = ({ model }, name) => {
  const distribution = model.distributions.find((each) => each.name === name);
  const item: Item = { kind: "distribution", name };
  const users = [...itemsOf(model, "group"), ...itemsOf(model, "target")].filter((each) =>
    isAssigned(model, item, each),
  );
  const groups = users.filter((each) => each.kind === "group").length;
  const single = users.length - groups;
  const to = [groups > 0 && plural(groups, "group"), single > 0 && plural(single, "target")]
    .filter(Boolean)
    .join(" and ");
  return texts(plural(distribution?.features.length ?? 0, "feature"), to === "" ? "not assigned yet" : `goes to ${to}`);
};

export const groupContent: Content = ({ model }, name) => {
  const progress = progressOf(model.targets.filter((each) => each.group === name));
  const words = progressWords(progress);
  const meter =
    progress.moving && h("progress", { value: progress.done, max: progress.of, "aria-label": `${words} in ${name}` });
  return { notes: [h("p", { class: progress.failed > 0 ? "bad" : "" }, words), meter], spoken: `group, ${words}` };
};

export const targetContent: Content = ({ model, view, actions }, name) => {
  const target = model.targets.find((each) => each.id === name);
  if (target === undefined) return texts("");
  const { tone, words } = conditionOf(target, view.now);
  const reason = target.state === "failed" ? target.failed?.reason : undefined;
  const { current } = target;
  const runs = current !== null && target.approved && target.state === "current";
  const since = runs ? clock(current.since, view.now) : "";
  const waits = !target.approved && target.state !== "gone";
  return {
    notes: [
      h("p", { class: `condition lamp ${tone}${target.state === "updating" ? " moving" : ""}` }, words),
      since !== "" && h("p", {}, `since ${since}`),
      reason !== undefined && h("p", { class: "reason", title: reason }, reason),
    ],
    spoken: `${words}${since === "" ? "" : ` since ${since}`}${reason === undefined ? "" : `: ${reason}`}`,
    actions: [
      waits &&
        h(
          "button",
          {
            key: "approve",
            type: "button",
            "aria-label": `Approve ${name}`,
            onclick: () => void actions.approve(name, `target/${name}`),
          },
          "Approve",
        ),
    ],
  };
};
