/** Models, bundles and targets for the unit tests of provisioning. Proves nothing by itself. */
import type { Artifact, Platform } from "@inaetics/model";
import type { Model, Target } from "../../images/node-provisioning/src/model/stored";
import { Problem } from "@inaetics/service";

let bytes = 0;
export const artifact = (
  name: string,
  version: string,
  platform: Platform,
  more: Partial<Artifact> = {},
): Artifact => ({
  name,
  version,
  platform,
  sha256: (++bytes).toString(16).padStart(64, "0"),
  size: 1000,
  createdAt: 1,
  origin: "uploaded",
  ...more,
});

/** Two kinds of each thing: Felix api and processor, a Celix processor, and a group for each kind. */
export function example(): Model {
  const artifacts = [
    artifact("api", "1.0.0", "osgi"),
    artifact("processor", "1.0.0", "osgi"),
    artifact("inaetics_processor", "1.0.0", "celix"),
  ];
  return {
    artifacts,
    features: {
      "felix-common": { artifacts: [{ name: "api" }] },
      "felix-processor": { artifacts: [{ name: "processor" }] },
      "celix-processor": { artifacts: [{ name: "inaetics_processor" }] },
    },
    distributions: {
      "felix-processor": { features: ["felix-common", "felix-processor"] },
      "celix-processor": { features: ["celix-processor"] },
    },
    groups: {
      felix: { platform: "osgi", autoApprove: true, distributions: ["felix-processor"] },
      celix: { platform: "celix", autoApprove: true, distributions: ["celix-processor"] },
    },
  };
}

export const target = (more: Partial<Target> = {}): Target => ({
  group: "felix",
  platform: "osgi",
  approved: true,
  distributions: [],
  given: [],
  current: null,
  failed: null,
  registeredAt: 1000,
  lastSeen: 1000,
  address: "10.1.2.3",
  ...more,
});

export const names = (artifacts: readonly Artifact[]): readonly string[] =>
  artifacts.map(({ name, version }) => `${name} ${version}`);

export function refusal(change: () => unknown): Problem {
  try {
    change();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
