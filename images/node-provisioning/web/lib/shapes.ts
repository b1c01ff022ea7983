/** Types of the server, under the names that this page uses. */
export type {
  ArtifactChoice,
  ArtifactView as Artifact,
  AuditEvent,
  AuditPage,
  DistributionView as Distribution,
  FeatureView as Feature,
  GroupView as Group,
  Platform,
  TargetState,
  TargetView as Target,
} from "@inaetics/model";
