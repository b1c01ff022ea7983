import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** Registry that images are pushed to, with its login. */
export interface RegistryAccess {
  /** `host:port`. */
  readonly server: string;
  readonly username: string;
  /** Secret. */
  readonly password: pulumi.Output<string>;
}

/** Arguments of an {@link Image}. */
export interface ImageArgs {
  /** The image is built from `images/<folder>`. */
  readonly folder: string;
  /** Name of the image, `<registry>/inaetics/<image>`. */
  readonly image: string;
  /** Stage of the Dockerfile to stop at; default: the last one. */
  readonly target?: string;
  /** Changes with the base images that the Dockerfile names. */
  readonly bases: string;
  /** Values of the Dockerfile's ARGs; a changed one builds the image again. */
  readonly buildArguments?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly registry: RegistryAccess;
}

/**
 * An image built on the controller's docker daemon and pushed to the cluster's registry. A changed source gives a new
 * digest, which rolls the pods that use it.
 */
export class Image extends pulumi.ComponentResource {
  /** `<registry>/inaetics/<image>@sha256:...`, for workloads. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:image:AgentImage", name, {}, opts);
    const { registry } = args;
    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: `${registry.server}/inaetics/${args.image}:latest`,
        // The controller's daemon builds, so its architecture is used, not this machine's.
        build: {
          context: `images/${args.folder}`,
          dockerfile: `images/${args.folder}/Dockerfile`,
          platform: "linux/amd64",
          target: args.target,
          // The Dockerfile does not use this argument; it makes a changed base image build this one again.
          args: { ...args.buildArguments, BASES: args.bases },
        },
        registry: { server: registry.server, username: registry.username, password: registry.password },
      },
      { parent: this, customTimeouts: { create: "20m", update: "20m" } },
    );
    this.digest = image.repoDigest;
    this.registerOutputs({ digest: this.digest });
  }
}
