/// <reference lib="dom" />
/** Page of the cluster's boxes, their pods, and the pods that moved when a box failed. */
import { ago, coalesced, elapsed, element, h, patch, UNKNOWN, write, type Child, type Wanted } from "@inaetics/web";
import { bytes, cores, count, kindName } from "./lib/format";
import type { NodeState, PodState, StoredEvent } from "./lib/live";
import { addEvent, readEvents, renderEvent } from "./lib/log";
import { startShell } from "./lib/shell";
import { upgradeCount, upkeep } from "./lib/upgrades";

const INTERVAL_MS = 5000;
/** Age in ms up to which a pod is marked as new. */
const NEW_MS = 120_000;

let nodes: readonly NodeState[] | undefined;
let problem = "";
let moves: readonly StoredEvent[] = [];
let now = Date.now();
let read = -Infinity;

const draw = coalesced(() => {
  write("nodes-problem", problem);
  patch(element("nodes"), (nodes ?? []).map(renderNode));
  write("summary", summary());
  const last = [...moves].reverse().slice(0, 50);
  patch(
    element("moves"),
    last.length === 0
      ? [h("p", { key: "none", class: "empty" }, "No pod has moved to another box.")]
      : [h("ol", { key: "moves" }, ...last.map((event) => renderEvent(event, now)))],
  );
});

function summary(): string {
  if (nodes === undefined) return problem === "" ? "Waiting for data …" : "The boxes and their pods are not known.";
  const pods = nodes.flatMap((node) => node.pods);
  const ready = nodes.filter((node) => node.ready).length;
  const restarts = pods.reduce((sum, pod) => sum + pod.restarts, 0);
  const running = pods.filter((pod) => pod.ready).length;
  const state = `${ready} of ${nodes.length} boxes are ready, ${running} of ${pods.length} pods run; ${count(restarts)} restarts.`;
  return [state, upgradeCount(nodes)].join(" ").trim();
}

function renderNode(node: NodeState): Wanted {
  const { name, address, ready, upgrading, kubeletVersion, pods } = node;
  const words = upkeep(node);
  const classes = ["panel", "node", ...(ready ? [] : ["lost"]), ...(upgrading === null ? [] : ["upgrading"])];
  return h(
    "section",
    { key: name, class: classes.join(" "), "aria-label": name },
    h(
      "header",
      {},
      h("h2", {}, name),
      address !== name && h("span", { class: "note" }, address),
      kubeletVersion !== null &&
        h("span", { class: "note" }, h("span", { class: "unseen" }, "kubelet "), kubeletVersion),
      h("span", { class: `condition lamp ${ready ? "good" : "bad"}` }, ready ? "ready" : "not ready"),
    ),
    words !== "" && h("p", { key: "upkeep", class: "upkeep banner wait" }, words),
    renderUsage(node),
    pods.length === 0 ? h("p", { class: "empty" }, "No pods run here.") : podTable(name, pods),
  );
}

function renderUsage({ name, cpu, memory, memoryCapacity }: NodeState): Wanted {
  const share = memory === null || memoryCapacity === null ? undefined : (100 * memory) / memoryCapacity;
  const meter =
    share !== undefined &&
    h("meter", {
      min: 0,
      max: 100,
      low: 75,
      high: 90,
      optimum: 0,
      value: share.toFixed(1),
      "aria-label": `memory of ${name} in use`,
    });
  const row = (term: string, ...figure: readonly Child[]): Wanted =>
    h("div", {}, h("dt", {}, term), h("dd", {}, ...figure));
  return h(
    "dl",
    { class: "usage" },
    row("CPU", cpu === null ? UNKNOWN : h("b", {}, cores(cpu)), cpu !== null && " cores in use"),
    row("Memory", memory === null ? UNKNOWN : h("b", {}, bytes(memory)), ` of ${bytes(memoryCapacity)} `, meter),
  );
}

function podTable(node: string, pods: readonly PodState[]): Wanted {
  const heads = ["Pod", "CPU", "Memory", "Restarts", "Age"];
  return h(
    "table",
    {},
    h("caption", { class: "unseen" }, `Pods on ${node}`),
    h(
      "thead",
      {},
      h("tr", {}, ...heads.map((head, index) => h("th", { scope: "col", class: index > 0 && "number" }, head))),
    ),
    h("tbody", {}, ...pods.map(podRow)),
  );
}

function podRow({ name, kind, ready, leaving, restarts, cpu, memory, since }: PodState): Wanted {
  const [family, own] = splitName(name);
  const isNew = since !== null && now - since < NEW_MS;
  const number = (text: string, label: string): Wanted =>
    h("td", { class: `number ${text === UNKNOWN ? "unknown" : ""}`, "data-label": label }, text);
  return h(
    "tr",
    { key: name, class: ready ? "" : "lost" },
    h(
      "th",
      { scope: "row" },
      h("span", { class: `lamp ${ready ? "good" : "bad"}`, role: "img", "aria-label": ready ? "ready" : "not ready" }),
      h("span", { class: "pod" }, h("span", { class: "family" }, family), own),
      kind !== "service" && h("span", { class: `badge ${kind}` }, kindName(kind)),
      isNew && !leaving && h("span", { class: "badge new" }, "new"),
      leaving && h("span", { class: "badge leaving" }, "leaving"),
    ),
    number(cores(cpu), "CPU"),
    number(bytes(memory), "Memory"),
    number(count(restarts), "Restarts"),
    number(since === null ? UNKNOWN : elapsed(now - since), "Age"),
  );
}

/** Splits a pod's name into the part that its controller's pods share and its own part. */
function splitName(name: string): readonly [string, string] {
  const [, family = "", own = name] = /^(.*-)([a-z0-9]{5})$/.exec(name) ?? [];
  return [family.replace(/^inaetics-/, ""), own];
}

async function load(): Promise<void> {
  try {
    const answer = await fetch("/coordinator/nodes", { signal: AbortSignal.timeout(10_000) });
    const body: unknown = await answer.json();
    if (!answer.ok)
      throw new Error((body as { readonly detail?: string }).detail ?? `the server answered ${answer.status}`);
    nodes = body as readonly NodeState[];
    problem = "";
  } catch (error) {
    nodes = undefined;
    problem = `${error instanceof Error ? error.message : String(error)} (asked ${ago(now, Date.now())})`;
  }
  draw();
}

function onEvent(event: StoredEvent): void {
  if (event.kind !== "moved") return;
  moves = addEvent(moves, event);
  draw();
}

async function loadEvents(): Promise<void> {
  for (const event of await readEvents(1000)) onEvent(event);
}

void loadEvents();
startShell({
  snapshot: (live) => {
    now = live.at;
    if (Date.now() - read >= INTERVAL_MS) {
      read = Date.now();
      void load();
    }
    draw();
  },
  log: onEvent,
  again: () => void loadEvents(),
});
