import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { notAwaited } from "../options";
import { Rollout, TEMPLATE_ANNOTATION } from "./Rollout";
import { controllerOf, podLabelOf } from "@inaetics/model";

/** A folder of the container and its source. */
export interface Mount {
  readonly path: string;
  /** Volume in Kubernetes' format, without its name. */
  readonly volume: Omit<kubernetes.types.input.core.v1.Volume, "name">;
}

/** Arguments of an {@link Workload}. */
export interface WorkloadArgs {
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly namespace: pulumi.Input<string>;
  /** `<role>-controller`, `<role>-pod` and `<role>-container` are the names of the controller, its pods' label and their container. */
  readonly role: string;
  /** Image by digest. */
  readonly image: pulumi.Input<string>;
  /** Number of pods, 0 or more. */
  readonly replicas: pulumi.Input<number>;
  /** Environment of the container; the pod's own name, namespace and address are added. */
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  /** Names of Secrets whose keys become environment variables. */
  readonly secrets: readonly pulumi.Input<string>[];
  /** Files of the container. */
  readonly mounts?: readonly Mount[];
  /** Memory limit, for example `200Mi`. */
  readonly memory: string;
  /** Name of the Secret with the registry's login. */
  readonly pullSecret: pulumi.Input<string>;
  /** Service account of the pods; default: one without any rights. */
  readonly serviceAccount?: pulumi.Input<string>;
  /** True when the pods get a token for the API server; default false. */
  readonly apiAccess?: boolean;
  /** Seconds that a pod has to stop; default 10. */
  readonly stopSeconds?: number;
  /** Path of the readiness probe on port 8080. */
  readonly readyPath: string;
  /** Path of the liveness probe on port 8080. */
  readonly healthPath: string;
}

/** A replication controller of agents with the demonstrator's names, its count, and the rollout of its pods. */
export class Workload extends pulumi.ComponentResource {
  readonly replicas: pulumi.Output<number>;
  /** Labels that select the pods. */
  readonly labels: Readonly<Record<string, string>>;

  constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:kubernetes:AgentController", name, {}, opts);
    this.labels = { name: podLabelOf(args.role) };
    const spec = podSpec(args);
    const template = pulumi
      .output(spec)
      .apply((value) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16));
    const controller = new kubernetes.core.v1.ReplicationController(
      `${name}-controller`,
      {
        metadata: {
          name: controllerOf(args.role),
          namespace: args.namespace,
          labels: this.labels,
          // The Rollout waits for the pods instead, because it knows their number.
          annotations: notAwaited,
        },
        spec: {
          selector: this.labels,
          template: { metadata: { labels: this.labels, annotations: { [TEMPLATE_ANNOTATION]: template } }, spec },
        },
      },
      { parent: this },
    );
    const rollout = new Rollout(
      `${name}-replicas`,
      {
        kubeconfig: args.kubeconfig,
        namespace: args.namespace,
        controller: controller.metadata.name,
        uid: controller.metadata.uid,
        template,
        replicas: args.replicas,
      },
      { parent: this },
    );
    this.replicas = rollout.replicas;
    this.registerOutputs({ replicas: this.replicas });
  }
}

function podSpec(args: WorkloadArgs): kubernetes.types.input.core.v1.PodSpec {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 2, timeoutSeconds: 2 });
  const mounts = (args.mounts ?? []).map((mount, index) => ({ ...mount, name: `files-${index + 1}` }));
  return {
    serviceAccountName: args.serviceAccount,
    automountServiceAccountToken: args.apiAccess ?? false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: args.stopSeconds ?? 10,
    volumes: mounts.map(({ name, volume }) => ({ name, ...volume })),
    imagePullSecrets: [{ name: args.pullSecret }],
    containers: [
      {
        name: `${args.role}-container`,
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        env: environment(args.environment),
        envFrom: args.secrets.map((name) => ({ secretRef: { name } })),
        volumeMounts: mounts.map(({ name, path }) => ({ name, mountPath: path })),
        ports: [{ containerPort: 8080 }],
        resources: { limits: { memory: args.memory }, requests: { memory: "64Mi" } },
        readinessProbe: { ...probe(args.readyPath), periodSeconds: 1, failureThreshold: 2 },
        livenessProbe: {
          ...probe(args.healthPath),
          initialDelaySeconds: 20,
          periodSeconds: 10,
          timeoutSeconds: 10,
          failureThreshold: 3,
        },
      },
    ],
  };
}

function environment(values: Readonly<Record<string, pulumi.Input<string>>>): kubernetes.types.input.core.v1.EnvVar[] {
  const fromPod = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const given = Object.entries(values).map(([name, value]) => ({ name, value }));
  const own = [
    fromPod("POD_NAME", "metadata.name"),
    fromPod("POD_NAMESPACE", "metadata.namespace"),
    fromPod("POD_IP", "status.podIP"),
  ];
  return [...own, ...given];
}
