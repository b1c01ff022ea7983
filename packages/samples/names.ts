/** Names in the broker that producers, queue agent, processors and viewer share, whatever their languages. */

/** The queue: a work queue that refuses what does not fit. */
export const SAMPLES = "SAMPLES";
/** The data store: keeps the newest results. */
export const RESULTS = "RESULTS";
/** The durable consumer of SAMPLES that all processors pull from. */
export const PROCESSORS = "processors";

export const SAMPLE_SUBJECTS = "samples.>";
export const RESULT_SUBJECTS = "results.>";
export const STATISTICS_SUBJECTS = "statistics.*";

/** Key-value bucket of the settings that users change; the rate is a plain decimal text. */
export const SETTINGS = "settings";
/** Percentage (0..100) of a producer's maximum rate. */
export const RATE_KEY = "rate";
export const DEFAULT_RATE = 5;

/** Key-value bucket of counters that outlive the pods that count. */
export const COUNTERS = "counters";
/** JSON of a `RejectionState`. */
export const REJECTED_KEY = "rejected";
/** JSON of what the coordinator's next leader must know of past decisions. */
export const DECISIONS_KEY = "decisions";

/** Subject on which the pod publishes its statistics each second. */
export function statisticsSubject(pod: string): string {
  return `statistics.${token(pod)}`;
}

/** The pod that a statistics subject belongs to; undefined for any other subject. */
export function statisticsPod(subject: string): string | undefined {
  return /^statistics\.([^.]+)$/.exec(subject)?.[1];
}

/** Subject of a producer's samples. */
export function sampleSubject(producer: string): string {
  return `samples.${token(producer)}`;
}

/** Subject of a processor's results. */
export function resultSubject(processor: string): string {
  return `results.${token(processor)}`;
}

/** A subject token may hold no dot, blank or wildcard: a pod name with a dot would otherwise become two tokens. */
function token(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}
