/** Orders to the bench's client in the cluster, and its answers: JSON on the command line and standard output. */
import type { Percentiles } from "@inaetics/model";

interface Span {
  /** Seconds that are not measured, once everything runs. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Number of samples that are kept waiting, so that producers are not the limit; far fewer than fit. */
  readonly depth: number;
}

/** Publishes, consumes and acknowledges on a stream of its own with the queue's settings, with nothing else between. */
export interface RawOrder extends Span {
  readonly order: "raw";
  /** Puts without an answer yet. */
  readonly window: number;
  /** Messages that are asked for at once. */
  readonly batch: number;
}

/** Measures samples from the bench's producers through its processors into the data store. */
export interface PipelineOrder extends Span {
  readonly order: "pipeline";
  readonly producers: number;
  readonly processors: number;
  /** Samples per second of all producers together at the rate 100 %. */
  readonly most: number;
  /** Seconds of a second measurement, at half of the rate that was found. */
  readonly halfSeconds: number;
}

export type Order =
  | RawOrder
  | PipelineOrder
  /** Removes the demonstrator's own processors. The dashboard allows no fewer than the policy's minimum. */
  | { readonly order: "pause" }
  /** Removes the raw stream, and what the bench's agents have left in the queue and the data store. */
  | { readonly order: "clean" };

/** Messages that went all the way in each second, and how busy the machine was meanwhile (0..1). */
export interface Throughput {
  readonly perSecond: number;
  readonly each: readonly number[];
  readonly busy: number;
  /** Fewest messages that were waiting at the end of a second, those that were being processed included. */
  readonly leastWaiting: number;
}

export interface PipelineAnswer extends Throughput {
  /** Milliseconds from a sample's time to the storing of its result, with `depth` samples before it in the queue. */
  readonly latency: Percentiles;
  readonly half: { readonly perSecond: number; readonly latency: Percentiles };
}
