/** Objects that the bench makes in the cluster. Pure. */
import { Failure } from "@inaetics/workstation";

/** Label of everything that the bench makes. Objects with it are removed at the end. */
export const LABEL = "inaetics.org/bench=pipeline";
export const CLIENT = "bench-pipeline-client";
export const AGENTS = {
  producers: "bench-pipeline-producers",
  felix: "bench-pipeline-felix",
  celix: "bench-pipeline-celix",
} as const;

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly [key: string]: unknown;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly Variable[];
  readonly [key: string]: unknown;
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly [key: string]: unknown;
}

/** Fields that are read of a replication controller. */
export interface Controller {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: PodSpec } };
}

const [labelName = "", labelValue = ""] = LABEL.split("=");
const labels = { [labelName]: labelValue };

/** Makes a controller like a demonstrator's, with its own name and other variables. It has no replicas at first. */
export function agents(name: string, like: Controller, variables: Readonly<Record<string, string>>): object {
  const { containers, ...rest } = like.spec.template.spec;
  const [container] = containers;
  if (container === undefined) throw new Failure(`${like.metadata.name} has no container`, "Run: ./cluster up");
  const others = (container.env ?? []).filter((each) => !Object.hasOwn(variables, each.name));
  const env = [...others, ...Object.entries(variables).map(([key, value]) => ({ name: key, value }))];
  return {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name, labels: { ...labels, name } },
    spec: {
      replicas: 0,
      selector: { name },
      template: { metadata: { labels: { ...labels, name } }, spec: { ...rest, containers: [{ ...container, env }] } },
    },
  };
}

/** Makes a pod of the dashboard's image, with its environment, that waits for orders to the script. */
export function client(viewer: Controller, script: string): readonly object[] {
  const [container] = viewer.spec.template.spec.containers;
  if (container === undefined) throw new Failure(`${viewer.metadata.name} has no container`, "Run: ./cluster up");
  const metadata = { name: CLIENT, labels };
  const { image, env, envFrom } = container;
  const wait = ["node", "-e", "process.on('SIGTERM', () => process.exit()); setInterval(() => undefined, 1e9)"];
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      imagePullSecrets: viewer.spec.template.spec.imagePullSecrets,
      containers: [
        {
          name: "client",
          image,
          env,
          envFrom,
          command: wait,
          volumeMounts: [{ name: "bench", mountPath: "/bench" }],
        },
      ],
      volumes: [{ name: "bench", configMap: { name: CLIENT } }],
    },
  };
  return [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { "client.js": script } }, pod];
}
