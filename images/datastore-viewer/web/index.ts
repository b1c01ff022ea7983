/// <reference lib="dom" />
/** Overview: the purpose of the system, its state, and links to the other pages. */
import { coalesced, element, patch, write } from "@inaetics/web";
import { duration, percent, rate, replicas } from "./lib/format";
import { Growth, verdict, type Live } from "./lib/live";
import { renderPipeline } from "./lib/pipeline";
import { startShell } from "./lib/shell";

const narrow = matchMedia("(max-width: 56rem)");
const rejected = new Growth(10);
let now: Live | undefined;
let refused = 0;

const draw = coalesced(() => {
  if (now === undefined) return;
  const { tone, words } = verdict(now, refused);
  element("verdict").dataset["tone"] = tone;
  write("verdict", words);
  write("glance-processing", rate(now.processingRate));
  write("glance-queue", percent(now.queue?.utilisation));
  write("glance-processors", replicas(now.processors));
  write("glance-latency", duration(now.latency.p50));
  patch(element("pipeline"), [renderPipeline(now, narrow.matches ? "down" : "across")]);
});

narrow.addEventListener("change", draw);
startShell({
  snapshot: (live) => {
    now = live;
    refused = rejected.add(live.rejected);
    draw();
  },
});
