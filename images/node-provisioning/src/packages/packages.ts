import { readFile } from "node:fs/promises";
import type { Deployment } from "../model/stored";
import { deploymentVersion } from "../model/versions";
import type { Blobs } from "../storage/blobs";
import type { CachedFile, FileCache } from "../storage/files";
import type { Signer } from "./signature";
import { writePackage } from "./signedJar";

/** Deployment packages that agents fetch: created on first use, then kept on disk. */
export class Packages {
  /** Last package. They are created one by one, because a package's bundles are in memory meanwhile. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly blobs: Pick<Blobs, "get">,
    private readonly cache: FileCache,
    private readonly signer: Signer,
  ) {}

  /** Rejects when the bytes of one of its artifacts cannot be read. */
  get(group: string, deployment: Deployment): Promise<CachedFile> {
    const key = `${group} ${deployment.number} ${deployment.digest}`;
    return this.cache.get(key, (file) => {
      const made = this.last.then(() => this.make(file, group, deployment));
      this.last = made.catch(() => undefined);
      return made;
    });
  }

  private async make(file: string, group: string, deployment: Deployment): Promise<{ sha256: string; size: number }> {
    const { platform, artifacts, number } = deployment;
    const resources = [];
    for (const artifact of artifacts) {
      const { file: bundle } = await this.blobs.get(artifact.sha256);
      resources.push({ ...artifact, content: await readFile(bundle) });
    }
    return writePackage(file, { group, version: deploymentVersion(number), platform, resources }, this.signer);
  }
}
