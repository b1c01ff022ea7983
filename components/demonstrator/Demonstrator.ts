import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Images, ImageSource } from "../image/Images";
import { Agents } from "./Agents";
import { Autoscaling } from "../autoscaling/Autoscaling";
import { recordVersions } from "../box/versions";
import { Broker } from "./Broker";
import { DiscoveryAccess } from "../cluster/DiscoveryAccess";
import { brokerLogin, brokerSystemLogin, dashboardLogin } from "./logins";
import { Workload, type WorkloadArgs } from "../kubernetes/Workload";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import { notAwaited } from "../options";
import type { Password } from "../pki/Password";
import type { Plan, Settings } from "@inaetics/model/cluster";
import type { Programs } from "../box/programs";
import { Provisioning } from "./Provisioning";
import type { VagrantBox } from "../box/VagrantBox";
import { ViewerAccount } from "./ViewerAccount";
import { VIEWER_SERVICE } from "@inaetics/model";

/** Images that the demonstrator runs; provisioning's image contains the project's bundles. */
export const demonstratorImages: readonly ImageSource[] = [
  { image: "broker" },
  { image: "queue-agent" },
  { image: "datastore-viewer" },
  { image: "felix-bundles", folder: "felix-agent", target: "bundles" },
  { image: "felix-agent" },
  { image: "celix-bundles", folder: "celix-agent", target: "bundles" },
  { image: "celix-agent" },
  { image: "node-provisioning", from: { FELIX_BUNDLES: "felix-bundles", CELIX_BUNDLES: "celix-bundles" } },
];

/** Arguments of a {@link Demonstrator}. */
export interface DemonstratorArgs {
  readonly settings: Settings;
  readonly plan: Plan;
  /** Box of the controller. */
  readonly controller: VagrantBox;
  readonly authority: CertificateAuthority;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string>;
  readonly programs: Programs;
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
  /** Built from {@link demonstratorImages}. */
  readonly images: Images;
  /** Name of the Secret with the registry's login. */
  readonly pullSecret: pulumi.Output<string>;
  readonly brokerPassword: Password;
  readonly dashboardPassword: Password;
  /** Password of etcd's user for discovery. */
  readonly discoveryPassword: Password;
  /** True to make everything but the brokers without pods. */
  readonly held: boolean;
}

/**
 * Producers -> queue -> processors -> data store; also provisioning, which gives agents their software, and the viewer.
 */
export class Demonstrator extends pulumi.ComponentResource {
  /** Number of processor pods of each kind that the autoscaler advised at the last update, and the reason. */
  readonly processors: Autoscaling["processors"];
  /** Node port of the viewer; known once the demonstrator is up. */
  readonly viewerPort: pulumi.Output<number>;
  /** Provisioning's node port. */
  readonly provisioningPort: pulumi.Output<number>;

  constructor(name: string, args: DemonstratorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:Demonstrator", name, {}, opts);
    const { settings, plan, images, namespace, kubeconfig, pullSecret } = args;
    const broker = brokerLogin(`${name}-broker-login`, namespace, args.brokerPassword, { parent: this });
    const system = brokerSystemLogin(`${name}-broker-system`, namespace, { parent: this });
    const dashboard = dashboardLogin(`${name}-dashboard-login`, namespace, args.dashboardPassword, { parent: this });
    const queue = new Broker(
      `${name}-queue`,
      {
        namespace,
        pullSecret,
        cluster: plan.cluster,
        nodes: Object.keys(plan.nodes),
        controller: args.controller,
        image: images.digest("broker"),
        replicas: settings.queueReplicas,
        secret: broker,
        systemSecret: system,
      },
      { parent: this },
    );
    recordVersions(`${name}-queue-versions`, args.runFolder, "broker", args.programs.broker, {
      parent: this,
      dependsOn: [queue],
    });
    const discovery = new DiscoveryAccess(
      `${name}-discovery`,
      { ...args, password: args.discoveryPassword },
      { parent: this },
    );
    const pods = { kubeconfig, namespace, pullSecret, secrets: [broker], readyPath: "/readyz", healthPath: "/healthz" };
    const environment = {
      NATS_URL: queue.url,
      QUEUE_CAPACITY: String(settings.queueCapacity),
      QUEUE_REPLICAS: String(settings.queueReplicas),
      ...discovery.environment,
    };
    const service = (role: string, own: ServiceOptions): Workload =>
      new Workload(
        `${name}-${role}`,
        {
          ...pods,
          environment,
          ...own,
          role: `inaetics-${role}`,
          replicas: args.held ? 0 : 1,
          mounts: [discovery.mount],
        },
        { parent: this },
      );
    const queueAgent = service("queue", {
      image: images.digest("queue-agent"),
      memory: "192Mi",
      secrets: [broker, system],
    });
    const viewer = service("datastore-viewer", {
      image: images.digest("datastore-viewer"),
      memory: "256Mi",
      secrets: [broker, dashboard],
      environment: {
        ...environment,
        MAX_PRODUCERS: String(settings.maxProducers),
        PROVISIONING_PORT: String(settings.provisioningPort),
      },
      serviceAccount: new ViewerAccount(`${name}-viewer`, { namespace }, { parent: this }).name,
      apiAccess: true,
    });
    this.viewerPort = viewerService(`${name}-viewer-service`, args, viewer.labels, { parent: this });
    this.provisioningPort = new Provisioning(
      `${name}-provisioning`,
      {
        ...pods,
        authority: args.authority,
        discovery,
        held: args.held,
        environment,
        image: images.digest("node-provisioning"),
        secrets: [broker, dashboard],
        port: settings.provisioningPort,
        dashboardPort: settings.viewerPort,
      },
      { parent: this },
    ).port;
    const agents = new Agents(
      name,
      {
        ...pods,
        settings,
        discovery,
        held: args.held,
        images: { felix: images.digest("felix-agent"), celix: images.digest("celix-agent") },
      },
      { parent: this },
    );
    this.processors = new Autoscaling(
      `${name}-autoscaling`,
      {
        kubeconfig,
        namespace,
        policy: settings.autoscaling,
        held: args.held,
        queueLabels: queueAgent.labels,
        started: [queueAgent.replicas, ...agents.processors],
      },
      { parent: this },
    ).processors;
    this.registerOutputs({ processors: this.processors });
  }
}

type ServiceOptions = Pick<WorkloadArgs, "image" | "memory" | "serviceAccount" | "apiAccess"> &
  Partial<Pick<WorkloadArgs, "secrets" | "environment">>;

function viewerService(
  name: string,
  args: DemonstratorArgs,
  selector: Readonly<Record<string, string>>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<number> {
  const nodePort = args.settings.viewerPort;
  const service = new kubernetes.core.v1.Service(
    name,
    {
      metadata: { name: VIEWER_SERVICE, namespace: args.namespace, annotations: notAwaited },
      spec: { type: "NodePort", selector, ports: [{ name: "http", port: 80, targetPort: 8080, nodePort }] },
    },
    opts,
  );
  return service.id.apply(() => nodePort);
}
