/**
 * The small cluster of these tests: its addresses, and the ways from outside into it. It has networks of its own, so that it runs
 * beside a user's. Proves nothing by itself.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { eventually, eventuallyHolds } from "../eventually";
import { Project } from "./project";
import { toolFolder } from "../tools";
import { SYSTEM_STATS_PATH, type SystemStats, systemStatsSchema } from "@inaetics/model";
import { repository } from "../repository";
import * as z from "zod/mini";

const execute = promisify(execFile);

interface Outputs {
  readonly credentials: Readonly<
    Record<"dashboardUser" | "dashboardPassword" | "registryUser" | "registryPassword", string>
  >;
  readonly kubeconfig: string;
}

export interface PodStatus {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly imageID: string;
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly reason: string; readonly message?: string } };
    }[];
  };
}

const nodes = 3;

export class TestCluster {
  readonly stack = "test";
  readonly name = "inaetics-test";
  readonly nodes = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`);
  readonly addresses: Readonly<Record<string, string>> = Object.fromEntries([
    ["controller", "172.30.9.20"],
    ...this.nodes.map((name, index) => [name, `172.30.9.${31 + index}`] as const),
  ]);
  readonly settings = {
    nodes,
    subnet: "172.30.9.0/24",
    podNetwork: "10.11.0.0/16",
    serviceNetwork: "10.13.0.0/16",
    celixProducers: 1,
  } as const;
  readonly project = new Project(path.join(repository, ".state", "cluster-test"), this.stack);
  readonly registry = `${this.addresses["controller"]}:5000`;

  /** Path of a file that the stack has on this machine. */
  own(...names: string[]): string {
    return this.project.file(".state", "run", this.stack, ...names);
  }

  /**
   * Writes the cluster's initial configuration with these changes. The policy is paused until the autoscaler's own
   * part, so that only the tests change the number of processors.
   */
  configure(changes: Readonly<Record<string, string | number>> = {}): void {
    this.project.configure({ ...this.settings, autoscaling: '{"paused":true}', ...changes });
  }

  /** Runs kubectl as the cluster's administrator; an error contains its output. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const running = execute(path.join(toolFolder, "kubectl"), ["--request-timeout=20s", ...args], {
      env: { ...process.env, KUBECONFIG: this.own("kubeconfig") },
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    running.child.stdin?.end(input ?? "");
    return (await running).stdout;
  }

  /** Reads an object, or a list with its `items`, of the namespace `inaetics`. */
  async get<T>(kind: string, ...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(["get", kind, "-n", "inaetics", "-o", "json", ...args])) as T;
  }

  /** Pods with this label, without those that are being deleted. */
  async pods(label: string): Promise<readonly PodStatus[]> {
    const { items } = await this.get<{ readonly items: readonly PodStatus[] }>("pods", "-l", `name=${label}`);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Waits until exactly `count` pods with this label exist and all are ready. */
  async readyPods(label: string, count: number, seconds = 90): Promise<readonly PodStatus[]> {
    return eventually(`${count} pods ${label} ready`, seconds, async () => {
      const pods = await this.pods(label);
      const ready = pods.filter(isReady).length;
      if (pods.length === count && ready === count) return pods;
      throw new Error(`${ready} of ${pods.length} are ready: ${pods.map(describePod).join("; ")}`);
    });
  }

  /** Number of container restarts by pod, in the namespace `inaetics`; the control plane's are not counted. */
  async restarts(): Promise<Readonly<Record<string, number>>> {
    const { items } = await this.get<{ readonly items: readonly PodStatus[] }>("pods");
    return Object.fromEntries(
      items.map(({ metadata, status }) => [metadata.name, status.containerStatuses?.[0]?.restartCount ?? 0]),
    );
  }

  /** Runs a command on a box as root, through the launcher. */
  async onBox(box: string, ...words: readonly string[]): Promise<string> {
    return (await this.project.succeed(["ssh", box, "sudo", ...words], { timeout: 90 })).stdout;
  }

  /** Runs docker on this machine. */
  async docker(...args: readonly string[]): Promise<string> {
    return (await execute("docker", args, { timeout: 120_000 })).stdout.trim();
  }

  /** Reads a path from the viewer at a box's address. */
  async http(box: string, file: string): Promise<string> {
    const response = await fetch(`http://${this.addresses[box]}${file}`, { signal: AbortSignal.timeout(5000) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${file} at ${box}: ${response.status} ${text}`);
    return text;
  }

  async stats(box = "controller"): Promise<SystemStats> {
    return z.parse(systemStatsSchema, JSON.parse(await this.http(box, `/${SYSTEM_STATS_PATH}`)));
  }

  /** Waits until the number of results is larger than it was at first. */
  async resultsGrow(seconds: number, box = "controller"): Promise<void> {
    let first: number | undefined;
    await eventuallyHolds(`results at ${box} grow`, seconds, async () => {
      const { results, problems } = await this.stats(box);
      if (results === null) throw new Error(`results are not known: ${JSON.stringify(problems)}`);
      first ??= results;
      if (results <= first) throw new Error(`${results} results, at first ${first}; ${JSON.stringify(problems)}`);
    });
  }

  /** Values of the metrics without labels at a box's address. */
  async metrics(box: string): Promise<ReadonlyMap<string, number>> {
    const found = (await this.http(box, "/metrics")).matchAll(/^([a-z_]+) ([-+.\deE]+)$/gm);
    return new Map([...found].map(([, name, value]) => [name ?? "", Number(value)]));
  }

  /** Everything of this cluster that still exists in docker or in this machine's files. */
  async leftovers(): Promise<readonly string[]> {
    const listed = async (kind: string, ...args: readonly string[]) => {
      const names = await this.docker(
        kind,
        "ls",
        ...args,
        "--format",
        kind === "container" ? "{{.Names}}" : "{{.Name}}",
      );
      return names.split("\n").filter((each) => each === this.name || each.startsWith(`${this.name}-`));
    };
    const user = path.join(homedir(), ".kube", "config");
    const mentioned = existsSync(user) && readFileSync(user, "utf8").includes(this.name) ? [user] : [];
    const files = [this.own("ssh"), this.own("kubeconfig"), this.own("host-keys"), this.own("vagrant")];
    return [
      ...(await listed("container", "--all")),
      ...(await listed("network")),
      ...(await listed("volume")),
      ...files.filter((file) => existsSync(file)),
      ...mentioned,
    ];
  }

  /** The stack's outputs, decrypted. */
  private async outputs(): Promise<Outputs> {
    const command = ["pulumi", "stack", "output", "--json", "--show-secrets"];
    return JSON.parse((await this.project.succeed(command)).stdout) as Outputs;
  }

  /** The login of the dashboard and of provisioning's page. */
  async dashboardLogin(): Promise<Outputs["credentials"]> {
    return (await this.outputs()).credentials;
  }

  /** The login of the registry, and the cluster's certificate authority. */
  async credentials(): Promise<{ readonly user: string; readonly password: string; readonly authority: Buffer }> {
    const { credentials, kubeconfig } = await this.outputs();
    const { clusters } = parse(kubeconfig) as { clusters: { cluster: Record<string, string> }[] };
    const authority = Buffer.from(clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64");
    return { user: credentials.registryUser, password: credentials.registryPassword, authority };
  }
}

export function isReady(pod: PodStatus): boolean {
  return (pod.status.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

function describePod(pod: PodStatus): string {
  const waiting = (pod.status.containerStatuses ?? []).map(({ state }) => state.waiting?.reason).filter(Boolean);
  return [pod.metadata.name, "on", pod.spec.nodeName ?? "no node", pod.status.phase, ...waiting].join(" ");
}
