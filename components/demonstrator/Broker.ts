import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Arguments of a {@link Broker}. */
export interface BrokerArgs {
  readonly namespace: pulumi.Input<string>;
  /** Image by digest. */
  readonly image: pulumi.Input<string>;
  /** Number of servers: 1, 3 or 5, each on a node of its own. */
  readonly replicas: number;
  /** Names of the nodes; each offers one volume. */
  readonly nodes: readonly string[];
  /** `inaetics-<stack>`: volumes belong to no namespace, so their names carry it. */
  readonly cluster: string;
  /** Name of the Secret with NATS_USER and NATS_PASSWORD. */
  readonly secret: pulumi.Input<string>;
  /** Name of the Secret with the registry's login. */
  readonly pullSecret: pulumi.Input<string>;
}

const role = "inaetics-queue";
const volumeSize = "2Gi";
const labels = { name: "inaetics-queue-broker-pod" };

/**
 * The queue: NATS JetStream servers on different nodes with files on the nodes' own disks. A server stays on its node,
 * because its disk has its part of the queue. The others continue while it is away.
 */
export class Broker extends pulumi.ComponentResource {
  /** Address for clients inside the cluster. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: BrokerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:Broker", name, {}, opts);
    const storage = new kubernetes.storage.v1.StorageClass(
      `${name}-storage`,
      {
        metadata: { name: role },
        provisioner: "kubernetes.io/no-provisioner",
        volumeBindingMode: "WaitForFirstConsumer",
      },
      { parent: this },
    );
    const volumes = args.nodes.map((node) =>
      brokerVolume(`${name}-${node}`, node, { parent: this, dependsOn: [storage] }),
    );
    const service = new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: { name: role, namespace: args.namespace, labels },
        spec: {
          clusterIP: "None",
          selector: labels,
          // The servers find each other before they are ready, and clients try all of them.
          publishNotReadyAddresses: true,
          ports: [
            { name: "client", port: 4222 },
            { name: "cluster", port: 6222 },
          ],
        },
      },
      { parent: this },
    );
    const set = new kubernetes.apps.v1.StatefulSet(
      `${name}-servers`,
      {
        metadata: { name: role, namespace: args.namespace, labels },
        spec: {
          serviceName: role,
          replicas: args.replicas,
          podManagementPolicy: "Parallel",
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(args) },
          volumeClaimTemplates: [
            {
              metadata: { name: "data" },
              spec: {
                accessModes: ["ReadWriteOnce"],
                storageClassName: role,
                resources: { requests: { storage: volumeSize } },
              },
            },
          ],
        },
      },
      { parent: this, dependsOn: [service, storage, ...volumes] },
    );
    new kubernetes.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      {
        metadata: { name: role, namespace: args.namespace },
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      },
      { parent: this },
    );
    this.url = pulumi.interpolate`nats://${service.metadata.name}.${service.metadata.namespace}.svc:4222`;
    this.registerOutputs({ url: this.url, servers: set.metadata.name });
  }
}

function brokerVolume(
  name: string,
  node: string,
  opts: pulumi.CustomResourceOptions,
): kubernetes.core.v1.PersistentVolume {
  return new kubernetes.core.v1.PersistentVolume(
    `${name}-volume`,
    {
      metadata: { name: `${role}-${node}` },
      spec: {
        capacity: { storage: volumeSize },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: role,
        local: { path: "/var/lib/inaetics/broker" },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
            ],
          },
        },
      },
    },
    opts,
  );
}

function podSpec(args: BrokerArgs): kubernetes.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 20,
    imagePullSecrets: [{ name: args.pullSecret }],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    },
    containers: [
      {
        name: `${role}-broker`,
        image: args.image,
        env: [
          { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
          { name: "BROKER_REPLICAS", value: String(args.replicas) },
        ],
        envFrom: [{ secretRef: { name: args.secret } }],
        ports: [
          { name: "client", containerPort: 4222 },
          { name: "cluster", containerPort: 6222 },
          { name: "monitor", containerPort: 8222 },
        ],
        resources: { limits: { memory: "256Mi" }, requests: { memory: "64Mi" } },
        // Started when its part of every stream is current: a rollout replaces the next server only then.
        startupProbe: {
          httpGet: { path: "/healthz", port: 8222 },
          periodSeconds: 1,
          timeoutSeconds: 2,
          failureThreshold: 1800,
        },
        readinessProbe: {
          httpGet: { path: "/healthz?js-server-only=true", port: 8222 },
          periodSeconds: 1,
          timeoutSeconds: 2,
          failureThreshold: 3,
        },
        livenessProbe: {
          httpGet: { path: "/healthz?js-enabled-only=true", port: 8222 },
          initialDelaySeconds: 30,
          periodSeconds: 10,
          timeoutSeconds: 10,
        },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ],
  };
}
