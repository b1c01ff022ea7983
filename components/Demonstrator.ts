import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AgentImages } from "./AgentImages";
import { Broker } from "./Broker";
import { AgentController, type AgentControllerArgs } from "./kubernetes/AgentController";
import type { Password } from "./pki/Password";
import type { Settings } from "./settings";
import { ViewerAccount } from "./ViewerAccount";

/** Folders of `images/` that the demonstrator runs. */
export const demonstratorImages = ["broker", "felix-agent", "queue-agent", "datastore-viewer"] as const;

/** Arguments of a {@link Demonstrator}. */
export interface DemonstratorArgs {
  readonly settings: Settings;
  /** `inaetics-<stack>`. */
  readonly cluster: string;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string>;
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** Built from {@link demonstratorImages}. */
  readonly images: AgentImages;
  /** Name of the Secret with the registry's login. */
  readonly pullSecret: pulumi.Output<string>;
  readonly brokerPassword: Password;
}

/** Producers -> queue -> processors -> data store, and the viewer on every box's port 80. */
export class Demonstrator extends pulumi.ComponentResource {
  /** Producer pods as configured. */
  readonly producers: pulumi.Output<number>;
  /** Felix processor pods as configured. */
  readonly processors: pulumi.Output<number>;
  /** The viewer's node port: it answers once the demonstrator is up. */
  readonly viewerPort: pulumi.Output<number>;

  constructor(name: string, args: DemonstratorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:Demonstrator", name, {}, opts);
    const { settings, images, namespace, pullSecret } = args;
    const login = brokerLogin(`${name}-broker-login`, args, { parent: this });
    const broker = new Broker(
      `${name}-queue`,
      { ...args, image: images.digest("broker"), replicas: settings.queueReplicas, secret: login },
      { parent: this },
    );
    const account = new ViewerAccount(`${name}-viewer`, { namespace }, { parent: this });
    const agent = (role: string, own: AgentOptions): AgentController => {
      const { role: pipelineRole, environment, ...rest } = own;
      const shared = {
        kubeconfig: args.kubeconfig,
        namespace,
        pullSecret,
        secret: login,
        readyPath: "/readyz",
        healthPath: "/healthz",
      };
      const variables = { AGENT_ROLE: pipelineRole, NATS_URL: broker.url, ...environment };
      return new AgentController(
        `${name}-${pipelineRole}`,
        { ...shared, ...rest, role, environment: variables },
        { parent: this },
      );
    };
    const queueSize = {
      QUEUE_CAPACITY: String(settings.queueCapacity),
      QUEUE_REPLICAS: String(settings.queueReplicas),
    };
    agent("inaetics-queue", {
      role: "queue",
      image: images.digest("queue-agent"),
      replicas: 1,
      memory: "160Mi",
      environment: queueSize,
    });
    const viewer = agent("inaetics-datastore-viewer", {
      role: "datastore-viewer",
      image: images.digest("datastore-viewer"),
      replicas: 1,
      memory: "256Mi",
      serviceAccount: account.name,
      environment: queueSize,
    });
    const felix = { image: images.digest("felix-agent"), memory: "200Mi" };
    this.processors = agent("inaetics-processor", {
      ...felix,
      role: "processor",
      replicas: settings.minProcessors,
      environment: { BUNDLES: "processor", PROCESSOR_WORK_MS: "3" },
    }).replicas;
    this.producers = agent("inaetics-producer", {
      ...felix,
      role: "producer",
      replicas: settings.producers,
      environment: { BUNDLES: "producer", PRODUCER_MAX_RATE: "1000" },
    }).replicas;
    this.viewerPort = viewerService(`${name}-viewer-service`, args, viewer.labels, { parent: this });
    this.registerOutputs({ producers: this.producers, processors: this.processors });
  }
}

type AgentOptions = Pick<
  AgentControllerArgs,
  "role" | "image" | "replicas" | "memory" | "environment" | "serviceAccount"
>;

/** The broker's one user, as environment variables of every pod that talks to it. */
function brokerLogin(name: string, args: DemonstratorArgs, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const secret = new kubernetes.core.v1.Secret(
    name,
    {
      metadata: { name: "inaetics-broker", namespace: args.namespace },
      stringData: { NATS_USER: "inaetics", NATS_PASSWORD: args.brokerPassword.value },
    },
    opts,
  );
  return secret.metadata.name;
}

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
      metadata: { name: "inaetics-viewer-service", namespace: args.namespace },
      spec: { type: "NodePort", selector, ports: [{ name: "http", port: 80, targetPort: 8080, nodePort }] },
    },
    opts,
  );
  return service.id.apply(() => nodePort);
}
