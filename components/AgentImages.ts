import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { AgentImage, type RegistryAccess } from "./AgentImage";
import type { Boxes } from "./Boxes";
import { prepareImage } from "./images";

/** Arguments of {@link AgentImages}. */
export interface AgentImagesArgs {
  /** Folders below `images/`. */
  readonly folders: readonly string[];
  /** The machines; the controller's docker daemon builds. */
  readonly boxes: Boxes;
  readonly registry: RegistryAccess;
  /** The project's folder, absolute. */
  readonly project: string;
}

/** The demonstrator's images, built on the controller's docker daemon over ssh and pushed to the registry beside it. */
export class AgentImages extends pulumi.ComponentResource {
  private readonly images: Readonly<Record<string, AgentImage>>;

  constructor(name: string, args: AgentImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:image:AgentImages", name, {}, opts);
    const { login, knownHosts, controller } = args.boxes;
    const provider = new docker.Provider(
      `${name}-docker`,
      {
        host: `ssh://vagrant@${controller.address}`,
        sshOpts: [
          "-i",
          login.keyFile,
          "-o",
          `UserKnownHostsFile=${knownHosts.file}`,
          "-o",
          "StrictHostKeyChecking=yes",
        ],
      },
      { parent: this, dependsOn: [knownHosts.written] },
    );
    const build = (folder: string): AgentImage => {
      prepareImage(args.project, folder);
      return new AgentImage(folder, { folder, registry: args.registry }, { parent: this, provider });
    };
    this.images = Object.fromEntries(args.folders.map((folder) => [folder, build(folder)]));
    this.registerOutputs({});
  }

  /** The image of a folder, `<registry>/inaetics/<folder>@sha256:...`. */
  digest(folder: string): pulumi.Output<string> {
    const image = this.images[folder];
    if (image === undefined) throw new Error(`no image is built from images/${folder}`);
    return image.digest;
  }
}
