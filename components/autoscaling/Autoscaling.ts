import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Policy } from "@inaetics/autoscaling";
import { notAwaited } from "../options";
import { adviseProcessors } from "./processorAdvice";
import { ProcessorAutoscaler } from "./ProcessorAutoscaler";
import { POLICY_CONFIG_MAP, POLICY_KEY, QUEUE_AGENT_SERVICE, controllersOf } from "@inaetics/model";

/** Arguments of {@link Autoscaling}. */
export interface AutoscalingArgs {
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string>;
  readonly policy: Policy;
  /** True to scale nothing, because only the brokers run. */
  readonly held: boolean;
  /** Labels of the queue agent's pod. */
  readonly queueLabels: Readonly<Record<string, string>>;
  /** Outputs that are known once queue and processors run: before that, nothing exists to read. */
  readonly started: readonly pulumi.Output<unknown>[];
}

const noAdvice = { felix: 0, celix: 0, processors: 0, change: false, reason: "held until the queue is loaded" };

/**
 * Scales the processors. Gives the policy to the coordinator, which always scales by it, and shows its advice now.
 */
export class Autoscaling extends pulumi.ComponentResource {
  /** Counts that were advised at the last update. */
  readonly processors: pulumi.Output<{ readonly felix: number; readonly celix: number; readonly reason: string }>;

  constructor(name: string, args: AutoscalingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:autoscaling:Autoscaling", name, {}, opts);
    const { kubeconfig, namespace, policy } = args;
    const service = new kubernetes.core.v1.Service(
      `${name}-queue`,
      {
        metadata: { name: QUEUE_AGENT_SERVICE, namespace, annotations: notAwaited },
        spec: { selector: args.queueLabels, ports: [{ name: "http", port: 8080, targetPort: 8080 }] },
      },
      { parent: this },
    );
    const configured = new kubernetes.core.v1.ConfigMap(
      `${name}-policy`,
      {
        metadata: { name: POLICY_CONFIG_MAP, namespace },
        data: { [POLICY_KEY]: JSON.stringify(policy, undefined, 2) },
      },
      { parent: this },
    );
    const started = pulumi.all([service.id, ...args.started]).apply((all) => all.length);
    const advice = pulumi
      .all([kubeconfig, namespace, started])
      .apply(async ([config, space]) => (args.held ? noAdvice : adviseProcessors(config, space, policy)));
    // Only the inputs of the request are secret, not the answer.
    const shown = pulumi.unsecret(advice);
    const controllers = controllersOf("processor");
    const scaler = new ProcessorAutoscaler(
      `${name}-processors`,
      {
        kubeconfig,
        namespace,
        felixController: controllers.felix,
        celixController: controllers.celix,
        processors: shown.processors,
        felix: shown.felix,
        celix: shown.celix,
        reason: shown.reason,
        change: shown.change,
      },
      { parent: this, dependsOn: [configured] },
    );
    this.processors = pulumi
      .all([scaler.felix, scaler.celix, scaler.reason])
      .apply(([felix, celix, reason]) => ({ felix, celix, reason }));
    this.registerOutputs({ processors: this.processors });
  }
}
