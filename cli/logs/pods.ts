import { Context, getObjects } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import { chooseOne, listed } from "../pods/choose";

/** A container whose log can be read. */
export interface LoggedContainer {
  readonly name: string;
  readonly restarts: number;
}

export interface LoggedPod {
  readonly namespace: string;
  readonly pod: string;
  readonly containers: readonly LoggedContainer[];
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly containers: readonly { readonly name: string }[] };
  readonly status?: {
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** Reads all pods of the cluster. Throws a Failure when the API server does not answer. */
export async function readPods(context: Context): Promise<readonly LoggedPod[]> {
  return (await getObjects<PodObject>(context, ["pods", "--all-namespaces"])).map(describePod);
}

function describePod({ metadata, spec, status }: PodObject): LoggedPod {
  const known = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const others = spec.containers.filter(({ name }) => !known.some((each) => each.name === name));
  return {
    namespace: metadata.namespace,
    pod: metadata.name,
    containers: [
      ...known.map(({ name, restartCount }) => ({ name, restarts: restartCount })),
      ...others.map(({ name }) => ({ name, restarts: 0 })),
    ],
  };
}

/** Returns the one pod that a word names. Throws a Failure with the existing pods and boxes. Pure. */
export function chooseLoggedPod(pods: readonly LoggedPod[], boxes: readonly string[], word: string): LoggedPod {
  return chooseOne(
    pods,
    ({ pod }) => pod,
    word,
    () => {
      const wrong = word === "" ? "no pod or box is named" : `no pod or box is called "${word}"`;
      const names = [...boxes, ...pods.map(({ pod }) => pod)];
      if (names.length === 0) return new Failure(`${wrong}; none exists`, "Run: ./cluster up");
      return new Failure(`${wrong}; allowed:${listed(names)}`, "Run: ./cluster logs POD|BOX");
    },
  );
}
