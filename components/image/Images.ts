import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Image, type RegistryAccess } from "./Image";
import type { Boxes } from "../box/Boxes";
import { imageBases, prepareImage } from "./context";
import type { Programs } from "../box/programs";

/** An image to build. */
export interface ImageSource {
  /** Its name. */
  readonly image: string;
  /** Folder below `images/`; default: the name. */
  readonly folder?: string;
  /** Stage of the Dockerfile to stop at; default: the last one. */
  readonly target?: string;
  /** Earlier images in the list to copy from: name of the Dockerfile's ARG -> name of the image. */
  readonly from?: Readonly<Record<string, string>>;
}

/** Arguments of {@link Images}. */
export interface ImagesArgs {
  /** Images to build; an image comes after those that it copies from. */
  readonly sources: readonly ImageSource[];
  /** The machines; the controller's docker daemon builds. */
  readonly boxes: Boxes;
  readonly registry: RegistryAccess;
  /** The project's folder, absolute. */
  readonly project: string;
  readonly programs: Programs;
}

/** The demonstrator's images, built on the controller's docker daemon over ssh and pushed to the registry beside it. */
export class Images extends pulumi.ComponentResource {
  private readonly images = new Map<string, Image>();

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:image:AgentImages", name, {}, opts);
    const provider = buildProvider(`${name}-docker`, args.boxes, { parent: this });
    const stages = new Map<string, Image>();
    for (const source of args.sources) {
      const folder = source.folder ?? source.image;
      prepareImage(args.project, folder);
      const copied = Object.entries(source.from ?? {}).map(([argument, image]) => [argument, this.digest(image)]);
      // Built one after the other: images of the same folder share their first stages in the daemon's build cache.
      const before = stages.get(folder);
      const image = new Image(
        source.image,
        {
          folder,
          image: source.image,
          target: source.target,
          bases: imageBases(args.project, folder, args.programs.images),
          buildArguments: Object.fromEntries(copied) as Record<string, pulumi.Output<string>>,
          registry: args.registry,
        },
        { parent: this, provider, ...(before === undefined ? {} : { dependsOn: [before] }) },
      );
      stages.set(folder, image);
      this.images.set(source.image, image);
    }
    this.registerOutputs({});
  }

  /** All images by their names, `<registry>/inaetics/<image>@sha256:...`. */
  get all(): pulumi.Output<readonly string[]> {
    return pulumi.all([...this.images.values()].map((image) => image.digest));
  }

  /** Returns the image by its name, `<registry>/inaetics/<image>@sha256:...`. */
  digest(name: string): pulumi.Output<string> {
    const image = this.images.get(name);
    if (image === undefined)
      throw new Error(`no image ${name} is built; allowed: ${[...this.images.keys()].join(", ")}`);
    return image.digest;
  }
}

/** Makes the provider for the controller's docker daemon, over ssh. */
function buildProvider(
  name: string,
  { login, knownHosts, controller }: Boxes,
  opts: pulumi.ResourceOptions,
): docker.Provider {
  const options = { UserKnownHostsFile: knownHosts.file, StrictHostKeyChecking: "yes" };
  return new docker.Provider(
    name,
    {
      host: `ssh://vagrant@${controller.address}`,
      sshOpts: ["-i", login.keyFile, ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`])],
    },
    { ...opts, dependsOn: [knownHosts.written] },
  );
}
