import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DiscoveryAccess } from "../cluster/DiscoveryAccess";
import { Workload, type WorkloadArgs, type Mount } from "../kubernetes/Workload";
import type { Settings } from "@inaetics/model/cluster";
import { type AgentKind, groupOf, PROVISIONING_AUDIENCE, type AgentRole } from "@inaetics/model";

/** Arguments of {@link Agents}. */
export interface AgentsArgs extends Pick<WorkloadArgs, "kubeconfig" | "namespace" | "pullSecret" | "secrets"> {
  readonly settings: Settings;
  readonly discovery: DiscoveryAccess;
  /** True to make the controllers without pods. */
  readonly held: boolean;
  /** The agents' images by kind. */
  readonly images: Readonly<Record<AgentKind, pulumi.Input<string>>>;
}

/** Platform of an agent's bundles: Apache Felix (Java) or a native agent after Apache Celix (C). */
interface Group {
  /** Name of the pulumi resource. */
  readonly name: string;
  readonly role: AgentRole;
  readonly kind: AgentKind;
  readonly replicas: (settings: Settings) => number;
  readonly environment: Readonly<Record<string, string>>;
}

// The original agents' figures: samples a second of a producer, milliseconds of a Felix processor's work on one sample.
const felix = { PROCESSOR_WORK_MS: "3", PRODUCER_MAX_RATE: "1000" };
const celix = { PROCESSOR_WORK_MS: "4", PRODUCER_MAX_RATE: "500" };

const groups: readonly Group[] = [
  {
    name: "processor",
    role: "processor",
    kind: "felix",
    // Initial count; later the autoscaler sets it.
    replicas: () => 1,
    environment: felix,
  },
  {
    name: "processor-celix",
    role: "processor",
    kind: "celix",
    replicas: () => 0,
    environment: celix,
  },
  {
    name: "producer",
    role: "producer",
    kind: "felix",
    replicas: (settings) => settings.producers,
    environment: felix,
  },
  {
    name: "producer-celix",
    role: "producer",
    kind: "celix",
    replicas: (settings) => settings.celixProducers,
    environment: celix,
  },
  // The free agents, which `./cluster agents start` scales.
  { name: "agent", role: "agent", kind: "felix", replicas: () => 0, environment: felix },
  { name: "agent-celix", role: "agent", kind: "celix", replicas: () => 0, environment: celix },
];

const memory: Readonly<Record<AgentKind, string>> = { felix: "200Mi", celix: "64Mi" };

/**
 * The agents: producers, processors and the free agents, of both kinds. All start empty, find provisioning and the
 * queue in discovery, and fetch the software that is assigned to their group.
 */
export class Agents extends pulumi.ComponentResource {
  /** Initial counts of the processors; known once they run. */
  readonly processors: readonly pulumi.Output<number>[];

  constructor(name: string, args: AgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:Agents", name, {}, opts);
    const { kubeconfig, namespace, pullSecret, secrets } = args;
    const controllers = groups.map((group) => {
      // Provisioning knows the pods by it: it decides which software they get.
      const role = groupOf(group.role, group.kind);
      const account = new kubernetes.core.v1.ServiceAccount(
        `${name}-${group.name}-account`,
        { metadata: { name: role, namespace } },
        { parent: this },
      );
      const controller = new Workload(
        `${name}-${group.name}`,
        {
          kubeconfig,
          namespace,
          pullSecret,
          secrets,
          role,
          image: args.images[group.kind],
          replicas: args.held ? 0 : group.replicas(args.settings),
          memory: memory[group.kind],
          environment: { AGENT_GROUP: role, ...args.discovery.environment, ...group.environment },
          mounts: [args.discovery.mount, ...agentMounts],
          // Provisioning identifies a pod by its service account, which only Kubernetes can assign.
          serviceAccount: account.metadata.name,
          readyPath: "/readyz",
          healthPath: "/healthz",
        },
        { parent: this },
      );
      return { group, replicas: controller.replicas };
    });
    this.processors = controllers.filter(({ group }) => group.role === "processor").map(({ replicas }) => replicas);
    this.registerOutputs({});
  }
}

/** A token that proves the pod's identity to provisioning only, and a folder that survives the container's restart. */
const agentMounts: readonly Mount[] = [
  {
    path: "/var/run/secrets/inaetics",
    volume: {
      projected: {
        sources: [{ serviceAccountToken: { audience: PROVISIONING_AUDIENCE, expirationSeconds: 3600, path: "token" } }],
      },
    },
  },
  { path: "/var/lib/inaetics", volume: { emptyDir: { sizeLimit: "256Mi" } } },
];
