import * as command from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { command as commandLine } from "@inaetics/base";
import { queueServers, queueVolumes, type QueueVolume } from "@inaetics/model/cluster";
import type { VagrantBox } from "../box/VagrantBox";

/** Arguments of a {@link Broker}. */
export interface BrokerArgs {
  readonly namespace: pulumi.Input<string>;
  /** Image by digest. */
  readonly image: pulumi.Input<string>;
  /** Number of copies of each stream: 1, 3 or 5. At least three servers run, each on a node of its own if enough exist. */
  readonly replicas: number;
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** Box of the controller, which moves servers before their volumes are deleted. */
  readonly controller: VagrantBox;
  /** `inaetics-<stack>`: volumes belong to no namespace, so their names carry it. */
  readonly cluster: string;
  /** Name of the Secret with NATS_USER and NATS_PASSWORD. */
  readonly secret: pulumi.Input<string>;
  /** Name of the Secret with NATS_SYSTEM_USER and NATS_SYSTEM_PASSWORD. */
  readonly systemSecret: pulumi.Input<string>;
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
    const volumes = queueVolumes(args.replicas, args.nodes).map((volume) =>
      brokerVolume(`${name}-${volume.name}`, volume, args.controller, { parent: this, dependsOn: [storage] }),
    );
    const servers = queueServers(args.replicas);
    // Servers that are too many give up their copies first. More servers come before more copies of the streams.
    const shrunk = new command.remote.Command(
      `${name}-shrink`,
      { ...onController(args.controller, "shrink-queue", String(servers)), addPreviousOutputInEnv: false },
      { parent: this, customTimeouts: slow },
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
          replicas: servers,
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
      { parent: this, dependsOn: [service, storage, shrunk, ...volumes] },
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

/** Time for what waits until streams are copied, and for its turn. */
const slow: pulumi.CustomTimeouts = { create: "150m", update: "150m", delete: "150m" };

function onController({ connection }: VagrantBox, script: string, ...words: readonly string[]) {
  return { connection, create: commandLine("sudo", `/opt/inaetics/vagrant/scripts/${script}`, ...words) };
}

/** Makes a volume. A second one on a node, which goes when more nodes come, is emptied before it is deleted. */
function brokerVolume(
  name: string,
  volume: QueueVolume,
  controller: VagrantBox,
  opts: pulumi.CustomResourceOptions,
): kubernetes.core.v1.PersistentVolume {
  const object = `${role}-${volume.name}`;
  const made = new kubernetes.core.v1.PersistentVolume(
    `${name}-volume`,
    {
      metadata: { name: object },
      spec: {
        capacity: { storage: volumeSize },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: role,
        local: { path: volume.folder },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [volume.node] }] },
            ],
          },
        },
      },
    },
    { ...opts, customTimeouts: slow },
  );
  if (volume.name !== volume.node) {
    const { connection, create } = onController(controller, "empty-volume", object);
    new command.remote.Command(
      `${name}-emptied`,
      { connection, create: "true", delete: create, addPreviousOutputInEnv: false },
      { ...opts, dependsOn: [made], customTimeouts: slow },
    );
  }
  return made;
}

function podSpec(args: BrokerArgs): kubernetes.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 20,
    imagePullSecrets: [{ name: args.pullSecret }],
    affinity: {
      podAntiAffinity: {
        // Counts on fewer nodes than servers only. On others the one volume of each node keeps the servers apart.
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
          },
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
          // A server finds the first three by their names, and the others through them: more servers restart none.
          { name: "BROKER_REPLICAS", value: String(queueServers(1)) },
        ],
        envFrom: [args.secret, args.systemSecret].map((name) => ({ secretRef: { name } })),
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
