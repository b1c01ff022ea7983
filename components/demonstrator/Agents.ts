import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DiscoveryAccess } from "../cluster/DiscoveryAccess";
import { Workload, type WorkloadArgs, type Mount } from "../kubernetes/Workload";
import { provisioningAudience } from "./Provisioning";
import type { Settings } from "../settings";

/** Arguments of {@link Agents}. */
export interface AgentsArgs extends Pick<WorkloadArgs, "kubeconfig" | "namespace" | "pullSecret" | "secrets"> {
  readonly settings: Settings;
  readonly discovery: DiscoveryAccess;
  /** The agents' images by kind. */
  readonly images: Readonly<Record<AgentKind, pulumi.Input<string>>>;
}

/** What runs an agent's bundles: Apache Felix (Java) or a native agent after Apache Celix (C). */
export type AgentKind = "felix" | "celix";

interface Group {
  /** Name of the pulumi resource. */
  readonly name: string;
  /** Role, and with it the provisioning group: it decides which software its pods get. */
  readonly role: string;
  readonly kind: AgentKind;
  readonly replicas: (settings: Settings) => number;
  readonly environment: Readonly<Record<string, string>>;
}

// Figures of the original's agents: samples a second of a producer, milliseconds that a Felix processor works on one.
const felix = { PROCESSOR_WORK_MS: "3", PRODUCER_MAX_RATE: "1000" };
const celix = { PROCESSOR_WORK_MS: "4", PRODUCER_MAX_RATE: "500" };

const groups: readonly Group[] = [
  {
    name: "processor",
    role: "inaetics-processor",
    kind: "felix",
    // To begin with; from then on the autoscaler's.
    replicas: () => 1,
    environment: felix,
  },
  { name: "processor-celix", role: "inaetics-processor-celix", kind: "celix", replicas: () => 0, environment: celix },
  {
    name: "producer",
    role: "inaetics-producer",
    kind: "felix",
    replicas: (settings) => settings.producers,
    environment: felix,
  },
  {
    name: "producer-celix",
    role: "inaetics-producer-celix",
    kind: "celix",
    replicas: (settings) => settings.celixProducers,
    environment: celix,
  },
  // The fleet: `./cluster agents start` scales these.
  { name: "agent", role: "inaetics-agent", kind: "felix", replicas: () => 0, environment: felix },
  { name: "agent-celix", role: "inaetics-agent-celix", kind: "celix", replicas: () => 0, environment: celix },
];

const memory: Readonly<Record<AgentKind, string>> = { felix: "200Mi", celix: "64Mi" };

/**
 * The agents: producers, processors and the free fleet, of both kinds. All start empty, find provisioning and the queue in
 * discovery, and fetch what is assigned to their group.
 */
export class Agents extends pulumi.ComponentResource {
  /** The processors' counts to begin with: known once they run. */
  readonly processors: readonly pulumi.Output<number>[];

  constructor(name: string, args: AgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:Agents", name, {}, opts);
    const { kubeconfig, namespace, pullSecret, secrets } = args;
    const controllers = groups.map((group) => {
      const account = new kubernetes.core.v1.ServiceAccount(
        `${name}-${group.name}-account`,
        { metadata: { name: group.role, namespace } },
        { parent: this },
      );
      const controller = new Workload(
        `${name}-${group.name}`,
        {
          kubeconfig,
          namespace,
          pullSecret,
          secrets,
          role: group.role,
          image: args.images[group.kind],
          replicas: group.replicas(args.settings),
          memory: memory[group.kind],
          environment: { AGENT_GROUP: group.role, ...args.discovery.environment, ...group.environment },
          mounts: [args.discovery.mount, ...agentMounts],
          // Provisioning goes by the account's name, which only Kubernetes can give a pod.
          serviceAccount: account.metadata.name,
          readyPath: "/readyz",
          healthPath: "/healthz",
        },
        { parent: this },
      );
      return { group, replicas: controller.replicas };
    });
    this.processors = controllers
      .filter(({ group }) => group.name.startsWith("processor"))
      .map(({ replicas }) => replicas);
    this.registerOutputs({});
  }
}

/** The proof of which pod this is, for provisioning alone; and a folder that survives the container's restart. */
const agentMounts: readonly Mount[] = [
  {
    path: "/var/run/secrets/inaetics",
    volume: {
      projected: {
        sources: [{ serviceAccountToken: { audience: provisioningAudience, expirationSeconds: 3600, path: "token" } }],
      },
    },
  },
  { path: "/var/lib/inaetics", volume: { emptyDir: { sizeLimit: "256Mi" } } },
];
