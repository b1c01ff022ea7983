import * as z from "zod/mini";
import { KubernetesClient, readControllers, type ControllerState } from "@inaetics/service";
import { microTime, type LeaseRecord } from "./lease";

const configMapSchema = z.object({ data: z.optional(z.record(z.string(), z.string())) });

const leaseSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z.object({
    holderIdentity: z.optional(z.nullable(z.string())),
    leaseDurationSeconds: z.optional(z.nullable(z.number())),
    leaseTransitions: z.optional(z.nullable(z.number())),
    acquireTime: z.optional(z.nullable(z.string())),
  }),
});

const LEASES = "/apis/coordination.k8s.io/v1";
const COMPONENT = "inaetics-coordinator";

/**
 * Part of the Kubernetes API that the coordinator uses. All methods reject with the API server's error, or when it does
 * not answer.
 */
export class Kubernetes extends KubernetesClient {
  /** All replication controllers of the namespace. */
  controllers(timeoutMs: number): Promise<readonly ControllerState[]> {
    return readControllers(this, timeoutMs);
  }

  /** Sets the number of replicas and changes nothing else of the controller. */
  async scale(controller: string, replicas: number, timeoutMs: number): Promise<void> {
    const path = `${this.path("/api/v1", "replicationcontrollers", controller)}/scale`;
    await this.patch(path, { spec: { replicas } }, timeoutMs);
  }

  /** Text of one key of a ConfigMap; undefined when either does not exist. */
  async configuration(name: string, key: string, timeoutMs: number): Promise<string | undefined> {
    const path = this.path("/api/v1", "configmaps", name);
    return (await this.readIfPresent(configMapSchema, path, timeoutMs))?.data?.[key];
  }

  /** Undefined when no instance ever held it. */
  async lease(name: string, timeoutMs: number): Promise<LeaseRecord | undefined> {
    const lease = await this.readIfPresent(leaseSchema, this.path(LEASES, "leases", name), timeoutMs);
    return lease === undefined ? undefined : recordOf(lease);
  }

  /**
   * Writes a lease that is new (no version) or unchanged since it was read. Rejects with a `KubernetesError` 409
   * otherwise.
   */
  async writeLease(name: string, record: LeaseRecord, timeoutMs: number): Promise<LeaseRecord> {
    const { version: resourceVersion, holder, durationMs, transitions } = record;
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.round(durationMs / 1000),
        leaseTransitions: transitions,
        acquireTime: record.acquired,
        renewTime: microTime(),
      },
    };
    const isNew = resourceVersion === undefined;
    const path = this.path(LEASES, "leases", isNew ? undefined : name);
    const answer = await (isNew ? this.post(path, lease, timeoutMs) : this.put(path, lease, timeoutMs));
    return recordOf(this.parse(leaseSchema, path, answer));
  }

  /** Creates an Event about a replication controller, as `kubectl describe` and `kubectl get events` show it. */
  async createEvent(controller: string, reason: string, text: string, good: boolean, timeoutMs: number): Promise<void> {
    const { namespace } = this.access;
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { generateName: `${controller}.`, namespace },
      involvedObject: { apiVersion: "v1", kind: "ReplicationController", namespace, name: controller },
      reason,
      message: text.slice(0, 1000),
      type: good ? "Normal" : "Warning",
      source: { component: COMPONENT },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    await this.post(this.path("/api/v1", "events"), event, timeoutMs);
  }
}

function recordOf({ metadata, spec }: z.infer<typeof leaseSchema>): LeaseRecord {
  return {
    holder: spec.holderIdentity ?? "",
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec.leaseTransitions ?? 0,
    acquired: spec.acquireTime ?? microTime(),
    version: metadata.resourceVersion,
  };
}
