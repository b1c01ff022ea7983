/**
 * The Grafana dashboard in docs: its form can be imported, and the viewer has every metric and label that it queries.
 * Does not prove: its display in Grafana.
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";
import { pageMetrics } from "../../images/datastore-viewer/src/pages/metrics";
import type { AgentRate } from "../../images/datastore-viewer/src/statistics/agents";
import { statisticsMetrics } from "../../images/datastore-viewer/src/statistics/metrics";
import type { DataPathSnapshot, NodeState } from "@inaetics/model";
import { renderMetrics, type Metric } from "@inaetics/service";
import { repository } from "../support/repository";

const replicas = { running: 1, requested: 2 };
const now: DataPathSnapshot = {
  at: 1,
  productionRate: 1,
  processingRate: 1,
  ratePercent: 5,
  producers: replicas,
  processors: replicas,
  processorsByKind: { felix: replicas, celix: replicas },
  accepted: 1,
  rejected: 1,
  results: 1,
  queue: {
    at: 1,
    capacity: 100,
    depth: 10,
    utilisation: 10,
    slope: 1,
    putRate: 1,
    takeRate: 1,
    rejected: 1,
    oldestMs: 1500,
    accepted: 1,
    inFlight: 0,
    redelivered: 0,
  },
  store: { results: 1, kept: 1, capacity: 4, utilisation: 25, rate: 1 },
  agents: [],
  problems: {},
};
const agents: readonly AgentRate[] = [
  {
    pod: "producer-1",
    rate: 12.5,
    report: {
      name: "producer-1",
      displayName: "Producer",
      type: "throughput",
      unit: "samples/sec",
      value: 1,
      kind: "producer",
      accepted: 7,
      rejected: 1,
    },
  },
];
const pod = {
  name: "p",
  role: "producer",
  kind: "felix",
  ready: true,
  leaving: false,
  restarts: 3,
  cpu: 0.1,
  memory: 5,
  since: 1,
} as const;
const upkeep = { upgrading: null, unschedulable: false, kubeletVersion: "v1.37.1" };
const figures = { cpu: 0.5, memory: 10, memoryCapacity: 20 };
const nodes: readonly NodeState[] = [
  { name: "node-1", address: "10.0.0.1", ready: true, ...upkeep, ...figures, pods: [pod] },
];
const parts = {
  latency: { p50: 10, p95: 20, p99: 30 },
  redelivered: 2,
  restarts: 3,
  upgrades: {},
  agentRates: { "producer-1": 12.5 },
  utilisation: 50,
};
const unknown = {
  latency: { p50: null, p95: null, p99: null },
  redelivered: null,
  restarts: null,
  upgrades: null,
  agentRates: {},
  utilisation: null,
};
const exposed: readonly Metric[] = [...pageMetrics(now, 1), ...statisticsMetrics(parts, agents, nodes)];

const place = z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() });
const panel = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string().check(z.minLength(1)),
  gridPos: place,
  targets: z.optional(z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() }))),
});
const dashboardSchema = z.object({
  title: z.string(),
  uid: z.string().check(z.maxLength(40)),
  schemaVersion: z.int(),
  panels: z.array(panel),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
});

describe("viewer: Grafana dashboard", () => {
  const file = path.join(repository, "docs", "grafana-dashboard.json");
  const text = readFileSync(file, "utf8");
  const dashboard = z.parse(dashboardSchema, JSON.parse(text));
  const targets = dashboard.panels.flatMap((each) => each.targets ?? []);

  it("queries only metrics that exist", () => {
    const names = targets.flatMap(({ expr }) => expr.match(/inaetics_\w+/g) ?? []);
    expect(names).to.have.length.above(targets.length - 1);
    const known = exposed.map((each) => each.name);
    for (const name of names) expect(known).to.include(name);
  });

  it("queries only labels that these metrics have", () => {
    const labels = new Map(
      exposed.map((each) => [each.name, each.values.flatMap(({ labels }) => Object.keys(labels ?? {}))]),
    );
    for (const { expr, legendFormat } of targets) {
      const [name = ""] = /inaetics_\w+/.exec(expr) ?? [];
      const used = [...expr.matchAll(/[{,](\w+)=/g), ...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map((each) => each[1]);
      expect(labels.get(name), `${expr} ${legendFormat}`).to.include.members(used);
    }
  });

  it("computes rates of counters only", () => {
    for (const { expr } of targets) {
      for (const [, name = ""] of expr.matchAll(/(?:rate|increase)\((inaetics_\w+)/g)) {
        expect(exposed.find((each) => each.name === name)?.type, name).to.equal("counter");
      }
    }
  });

  it("has panels with unique ids that do not overlap, and a choice of the Prometheus source", () => {
    const ids = dashboard.panels.map((each) => each.id);
    expect(new Set(ids).size).to.equal(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).to.equal(cells.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).to.be.at.most(24);
    expect(dashboard.templating.list).to.deep.include({ name: "datasource", type: "datasource" });
    for (const uid of text.match(/"uid": ?"\$\{\w+\}"/g) ?? []) expect(uid).to.include("${datasource}");
  });

  it("queries metrics that Prometheus can read", async () => {
    const rendered = await renderMetrics(exposed);
    expect(rendered).to.match(/^inaetics_latency_seconds\{quantile="0.95"\} 0.02$/m);
    expect(rendered).to.match(/^inaetics_agent_rate\{pod="producer-1",kind="producer"\} 12.5$/m);
    expect(rendered).to.match(
      /^inaetics_agent_samples_total\{pod="producer-1",kind="producer",outcome="accepted"\} 7$/m,
    );
    expect(rendered).to.match(/^inaetics_pod_restarts_total\{pod="p",role="producer",kind="felix",node="node-1"\} 3$/m);
    expect(rendered).to.match(/^inaetics_node_cpu_cores\{node="node-1"\} 0.5$/m);
    expect(rendered).to.match(/^inaetics_samples_redelivered_total 2$/m);
    expect(rendered).to.match(/^inaetics_queue_oldest_seconds 1.5$/m);
    expect(rendered).not.to.include('outcome="processed"');
  });

  it("gets no value for unknown figures", async () => {
    const nothing = { ...now, productionRate: null, processingRate: null, queue: null, store: null };
    expect(await renderMetrics(statisticsMetrics(unknown, [], undefined))).not.to.match(/^inaetics_/m);
    const shown = await renderMetrics(pageMetrics(nothing, 1));
    expect(shown).not.to.match(/^inaetics_(queue|store|production|processing)_/m);
  });
});
