/// <reference lib="dom" />
/** Choice of the time range of charts, and a button that ends a zoom. */
import { h, type Wanted } from "@inaetics/web";
import { ranges, type Feed } from "./feed";

export function renderRange(feed: Feed): readonly Wanted[] {
  const buttons = ranges.map(({ seconds, words }) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(feed.seconds === seconds), onclick: () => feed.choose(seconds) },
      words,
    ),
  );
  return [
    h(
      "button",
      { key: "reset", id: "reset", type: "button", hidden: !feed.isZoomed, onclick: () => feed.zoom(undefined) },
      "Whole range",
    ),
    h("div", { key: "ranges", class: "segments", role: "group", "aria-label": "Time range" }, ...buttons),
  ];
}
