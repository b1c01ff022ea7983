import * as z from "zod/mini";
import { parseJson } from "@inaetics/samples";
import { KubernetesClient, KubernetesError } from "@inaetics/service";
import { microTime, type LeaseRecord } from "./coordinator/lease";

/** Replicas of one controller: requested, and ready. */
export interface ControllerState {
  readonly name: string;
  readonly requested: number;
  readonly ready: number;
}

const controllersSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ replicas: z.optional(z.int()) }),
      status: z.optional(z.object({ readyReplicas: z.optional(z.int()) })),
    }),
  ),
});

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
 * Part of the Kubernetes API that the viewer uses. All methods reject with the API server's error, or when it does not
 * answer.
 */
export class Kubernetes extends KubernetesClient {
  /** All replication controllers of the namespace. */
  async controllers(timeoutMs: number): Promise<readonly ControllerState[]> {
    const path = this.path("/api/v1", "replicationcontrollers");
    const list = this.parse(controllersSchema, path, await this.get(path, timeoutMs));
    return list.items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      // The API leaves out numbers that are 0.
      requested: spec.replicas ?? 0,
      ready: status?.readyReplicas ?? 0,
    }));
  }

  /** Sets the number of replicas and changes nothing else of the controller. */
  async scale(controller: string, replicas: number, timeoutMs: number): Promise<void> {
    const path = `${this.path("/api/v1", "replicationcontrollers", controller)}/scale`;
    await this.patch(path, { spec: { replicas } }, timeoutMs);
  }

  /** Text of one key of a ConfigMap; undefined when either does not exist. */
  async configuration(name: string, key: string, timeoutMs: number): Promise<string | undefined> {
    const path = this.path("/api/v1", "configmaps", name);
    const answer = await absent(this.get(path, timeoutMs));
    return answer === undefined ? undefined : this.parse(configMapSchema, path, answer).data?.[key];
  }

  /** Undefined when nobody ever held it. */
  async lease(name: string, timeoutMs: number): Promise<LeaseRecord | undefined> {
    const path = this.path(LEASES, "leases", name);
    const answer = await absent(this.get(path, timeoutMs));
    return answer === undefined ? undefined : this.leaseRecord(path, answer);
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
    const all = this.path(LEASES, "leases");
    const path = `${all}/${encodeURIComponent(name)}`;
    if (resourceVersion === undefined) return this.leaseRecord(all, await this.post(all, lease, timeoutMs));
    return this.leaseRecord(path, await this.put(path, lease, timeoutMs));
  }

  /** Creates an Event about a replication controller, as `kubectl describe` and `kubectl get events` show it. */
  async tell(controller: string, reason: string, text: string, good: boolean, timeoutMs: number): Promise<void> {
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

  private leaseRecord(path: string, answer: string): LeaseRecord {
    const { metadata, spec } = this.parse(leaseSchema, path, answer);
    return {
      holder: spec.holderIdentity ?? "",
      durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
      transitions: spec.leaseTransitions ?? 0,
      acquired: spec.acquireTime ?? microTime(),
      version: metadata.resourceVersion,
    };
  }

  private parse<T extends z.ZodMiniType>(schema: T, path: string, answer: string): z.infer<T> {
    const parsed = parseJson(schema, answer);
    if (!parsed.ok) throw new Error(`the API server's answer to ${path} cannot be read: ${parsed.problem}`);
    return parsed.value;
  }

  private path(group: string, resource: string, name?: string): string {
    const all = `${group}/namespaces/${encodeURIComponent(this.access.namespace)}/${resource}`;
    return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
  }
}

async function absent(answer: Promise<string>): Promise<string | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return undefined;
    throw error;
  }
}
