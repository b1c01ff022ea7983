/** What the bench asks of its client in the cluster, and the answers: JSON on the command line and on standard output. */
import type { Percentiles } from "./figures";

interface Span {
  /** Seconds that are not measured, after everything runs. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** So many are kept waiting, so that producers are not the limit; far fewer than fit. */
  readonly depth: number;
}

/** Publish, consume and acknowledge on a stream of its own with the queue's settings, with nothing else between. */
export interface RawOrder extends Span {
  readonly order: "raw";
  /** Puts without an answer yet. */
  readonly window: number;
  /** Messages that are asked for at once. */
  readonly batch: number;
}

/** Samples from the bench's producers through its processors into the data store. */
export interface PipelineOrder extends Span {
  readonly order: "pipeline";
  readonly producers: number;
  readonly processors: number;
  /** Samples per second of all producers together at the rate 100 %. */
  readonly most: number;
  /** Seconds measured once more, at half of the rate that was found. */
  readonly halfSeconds: number;
}

export type Order =
  | RawOrder
  | PipelineOrder
  /** Takes all work from the demonstrator's own processors; the dashboard lets people have no fewer than the policy's least. */
  | { readonly order: "pause" }
  /** Removes the raw stream, and what the bench's agents have left in the queue and the data store. */
  | { readonly order: "clean" };

/** Messages that went all the way in each second, and how busy the machine was meanwhile (0..1). */
export interface Throughput {
  readonly perSecond: number;
  readonly each: readonly number[];
  readonly busy: number;
  /** The fewest that were waiting at the end of a second, those that were being processed included. */
  readonly leastWaiting: number;
}

export interface PipelineAnswer extends Throughput {
  /** From a sample's time to its result's storing, in ms, with `depth` samples before it in the queue. */
  readonly latency: Percentiles;
  readonly half: { readonly perSecond: number; readonly latency: Percentiles };
}
