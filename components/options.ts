/** Options that reach all resources below a component; Pulumi itself hands down neither of them. */
import * as pulumi from "@pulumi/pulumi";

/** What can be handed down. */
export interface Inherited {
  /** Everything below is gone with that machine: it is not deleted one by one, nor when the machine no longer answers. */
  readonly deletedWith?: pulumi.Resource;
  /** Nothing below is made before these. */
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** Component options that give every resource below the component, at any depth, the inherited ones. */
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

/** Annotations of objects whose pods a Rollout waits for: the provider would wait for the same pods, and 10 s more. */
export const notAwaited = { "pulumi.com/skipAwait": "true" } as const;

/** How the kubernetes provider works here: takes over what a run that was cut short has made, and changes ConfigMaps in their place. */
export const repeatable = {
  deleteUnreachable: true,
  upsertExistingObjects: true,
  enableConfigMapMutable: true,
} as const;
