import { Context } from "../context";
import { messageOf } from "../failure";
import { getObjects } from "../kubectl";
import { tryRun } from "../process";
import { stackOutputs } from "../stack";
import { table } from "../table";

/** One line of each table; `problem` says why a table could not be read. */
export interface Status {
  readonly stack: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly boxes: readonly { readonly name: string; readonly state: string; readonly status: string }[];
  readonly nodes: readonly { readonly name: string; readonly ready: boolean; readonly version: string }[];
  readonly workloads: readonly {
    readonly kind: string;
    readonly name: string;
    readonly ready: number;
    readonly requested: number;
  }[];
  readonly problems: readonly string[];
}

/** Outputs worth a line; the others are secret or for programs. */
const shownOutputs = ["dashboard", "provisioning", "registry"] as const;

export async function status(context: Context, json: boolean): Promise<void> {
  const found = await readStatus(context);
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : render(found));
  if (found.problems.length > 0) process.exitCode = 1;
}

async function readStatus(context: Context): Promise<Status> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, fallback: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
      return fallback;
    }
  };
  const outputs = await attempt("outputs", {}, () => stackOutputs(context));
  const boxes = await attempt("boxes", [], () => readBoxes(context));
  const isUp = "kubeconfig" in outputs;
  const nodes = isUp ? await attempt("nodes", [], () => readNodes(context)) : [];
  const workloads = isUp && nodes.length > 0 ? await attempt("workloads", [], () => readWorkloads(context)) : [];
  const shown = Object.fromEntries(shownOutputs.flatMap((name) => (name in outputs ? [[name, outputs[name]]] : [])));
  return { stack: context.stack, outputs: shown, boxes, nodes, workloads, problems };
}

async function readBoxes(context: Context): Promise<Status["boxes"]> {
  const filter = `label=inaetics.cluster=${context.cluster}`;
  const format = "{{.Names}}\t{{.State}}\t{{.Status}}";
  const answer = await tryRun("docker", ["ps", "--all", "--filter", filter, "--format", format], { timeout: 20_000 });
  if (answer.exitCode !== 0) throw new Error(answer.problem ?? answer.stderr.trim());
  return answer.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", state = "", text = ""] = line.split("\t");
      return { name, state, status: text };
    })
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly nodeInfo?: { readonly kubeletVersion: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

async function readNodes(context: Context): Promise<Status["nodes"]> {
  const items = await getObjects<KubernetesObject>(context, ["nodes"]);
  return items.map((item) => ({
    name: item.metadata.name,
    ready: item.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    version: item.status?.nodeInfo?.kubeletVersion ?? "",
  }));
}

async function readWorkloads(context: Context): Promise<Status["workloads"]> {
  const items = await getObjects<KubernetesObject>(context, [
    "replicationcontrollers,statefulsets",
    "--namespace=inaetics",
  ]);
  return items.map((item) => ({
    kind: item.kind,
    name: item.metadata.name,
    ready: item.status?.readyReplicas ?? 0,
    requested: item.spec?.replicas ?? 0,
  }));
}

function render(found: Status): string {
  const rows = (title: string, lines: readonly (readonly string[])[]) =>
    lines.length === 0 ? "" : `${title}\n${table(lines)}\n`;
  const isEmpty = found.boxes.length === 0 && Object.keys(found.outputs).length === 0;
  return [
    isEmpty && found.problems.length === 0 ? `Stack ${found.stack} has no cluster. Run: ./cluster up\n` : "",
    rows(
      "Addresses",
      Object.entries(found.outputs).map(([name, value]) => [name, String(value)]),
    ),
    rows(
      "Boxes",
      found.boxes.map((box) => [box.name, box.state, box.status]),
    ),
    rows(
      "Nodes",
      found.nodes.map((node) => [node.name, node.ready ? "Ready" : "NotReady", node.version]),
    ),
    rows(
      "Workloads",
      found.workloads.map((entry) => [entry.name, `${entry.ready}/${entry.requested} ready`, entry.kind]),
    ),
    rows(
      "Problems",
      found.problems.map((problem) => [problem]),
    ),
  ].join("");
}
