/** Options that reach all resources below a component; Pulumi itself passes on neither of them. */
import * as pulumi from "@pulumi/pulumi";

/** Options that are passed on. */
export interface Inherited {
  /** Machine of everything below. When it is deleted, nothing is deleted one by one, even if it does not answer. */
  readonly deletedWith?: pulumi.Resource;
  /** Resources that are made before anything below. */
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** Returns component options that pass the inherited ones to every resource below, at any depth. */
export function passDown(inherited: Inherited): pulumi.ComponentResourceOptions {
  const { deletedWith, dependsOn } = inherited;
  const all: pulumi.CustomResourceOptions = {
    deletedWith,
    dependsOn: dependsOn === undefined ? undefined : [...dependsOn],
  };
  return {
    transformations: [
      ({ props, opts, type }) =>
        type.startsWith("inaetics:") ? undefined : { props: props, opts: pulumi.mergeOptions(opts, all) },
    ],
  };
}

/** Annotations of objects whose pods a Rollout waits for. The provider would wait for the same pods, and 10 s more. */
export const notAwaited = { "pulumi.com/skipAwait": "true" } as const;

/** Options of the kubernetes provider: it takes over objects of an interrupted run, and changes ConfigMaps in place. */
export const repeatable = {
  deleteUnreachable: true,
  upsertExistingObjects: true,
  enableConfigMapMutable: true,
} as const;
