import * as pulumi from "@pulumi/pulumi";
import { callApi, controllerPath, scaleController } from "../kubernetes/client";

interface Inputs {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly felixController: string;
  readonly celixController: string;
  readonly processors: number;
  readonly felix: number;
  readonly celix: number;
  readonly reason: string;
  readonly change: boolean;
  readonly version: number;
}

type Outs = Omit<Inputs, "change">;

/** Version of this provider's behaviour: raise it when the code changes, so that the recorded resource is updated. */
const version = 1;

/** Reads the requested number of a controller's replicas; undefined when the controller does not exist. */
async function requested(inputs: Outs, controller: string): Promise<number | undefined> {
  const path = controllerPath(inputs.namespace, controller);
  const answer = await callApi(inputs.kubeconfig, "GET", path);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return (answer.body as { spec: { replicas?: number } }).spec.replicas ?? 0;
}

/** Applies the advice. Safe to repeat: after a failure the next update does all of it again. */
async function apply(inputs: Inputs): Promise<Outs> {
  const { change, ...outs } = inputs;
  if (change) {
    const { kubeconfig, namespace } = inputs;
    await scaleController(kubeconfig, namespace, inputs.felixController, inputs.felix);
    await scaleController(kubeconfig, namespace, inputs.celixController, inputs.celix);
  }
  return outs;
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Outs> = {
  async create(inputs) {
    return { id: `${inputs.namespace}/processors`, outs: await apply(inputs) };
  },
  async diff(_id, olds, news) {
    const moved = (["namespace", "felixController", "celixController"] as const).filter(
      (key) => olds[key] !== news[key],
    );
    // Replicas that the coordinator set since the last update are not a change of the program.
    return { changes: moved.length > 0 || news.change || olds.version !== news.version, replaces: moved };
  },
  async update(_id, _olds, news) {
    return { outs: await apply(news) };
  },
  async read(id, props) {
    if (props === undefined) throw new Error(`${id}: cannot be imported; it is made by the program`);
    const [felix, celix] = [
      await requested(props, props.felixController),
      await requested(props, props.celixController),
    ];
    if (felix === undefined || celix === undefined) return {};
    const same = felix === props.felix && celix === props.celix;
    return { id, props: same ? props : { ...props, felix, celix, processors: felix + celix, reason: "as found" } };
  },
};

/** Arguments of a {@link ProcessorAutoscaler}. */
export interface ProcessorAutoscalerArgs {
  /** Secret. */
  readonly kubeconfig: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  /** Names of the processors' replication controllers. */
  readonly felixController: pulumi.Input<string>;
  readonly celixController: pulumi.Input<string>;
  /** Number of processors in all, and of each kind, that the policy advises. */
  readonly processors: pulumi.Input<number>;
  readonly felix: pulumi.Input<number>;
  readonly celix: pulumi.Input<number>;
  /** Reason; shown beside the number. */
  readonly reason: pulumi.Input<string>;
  /** True when the advice differs from the current counts; otherwise nothing is shown or scaled. */
  readonly change: pulumi.Input<boolean>;
}

/**
 * Number of processors that the policy advised at the last update. Preview shows a differing number as a change with
 * its reason, and `up` sets it. Between updates the coordinator scales by the same policy.
 */
export class ProcessorAutoscaler extends pulumi.dynamic.Resource {
  declare readonly processors: pulumi.Output<number>;
  declare readonly felix: pulumi.Output<number>;
  declare readonly celix: pulumi.Output<number>;
  declare readonly reason: pulumi.Output<string>;

  constructor(name: string, args: ProcessorAutoscalerArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { ...args, version },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
      "autoscaling",
      "ProcessorAutoscaler",
    );
  }
}
