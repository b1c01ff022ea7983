/** A number that people may set: its unit, default and limits. */
export interface Parameter {
  readonly unit: string;
  readonly fallback: number;
  readonly lowest: number;
  readonly highest: number;
  /** Only whole numbers are allowed. */
  readonly whole?: true;
}

function whole(unit: string, fallback: number, lowest: number, highest: number): Parameter {
  return { unit, fallback, lowest, highest, whole: true };
}

function decimal(unit: string, fallback: number, lowest: number, highest: number): Parameter {
  return { unit, fallback, lowest, highest };
}

/** Longest window that a policy may ask for. Older data is forgotten. */
export const LONGEST_WINDOW_SECONDS = 1800;

/** Parameters that both policies share. */
export const commonParameters = {
  /** Interval between two polls of the queue. Source: the original's poll.interval. */
  intervalSeconds: whole("s", 10, 2, 300),
  /** Fewest processors; at least one, so that an error can never stop all processing. */
  min: whole("processors", 1, 1, 64),
  /** Most processors. Source of 8: the original's processors.max. */
  max: whole("processors", 8, 1, 64),
  /** A queue filled less than this never adds processors. Source: KEDA's activation threshold. */
  activation: decimal("% of the queue", 1, 0, 50),
  /** Scaling down goes no lower than the highest recommendation of this period. Source: HPA's stabilisation window. */
  stabilisationSeconds: whole("s", 60, 0, LONGEST_WINDOW_SECONDS),
  /** Least time between two changes: the figures' window (10 s) still shows the time before the first one. */
  cooldownSeconds: whole("s", 10, 0, 600),
  /** Time after which a requested processor that is not ready does not count any more. */
  startSeconds: whole("s", 60, 5, 600),
  /** Most processors added at once. Source: HPA adds at most four pods at once. */
  maxStepUp: whole("processors", 4, 1, 64),
  /** Most processors removed at once. */
  maxStepDown: whole("processors", 2, 1, 64),
  /** Figures older than this are not used. */
  staleSeconds: whole("s", 15, 2, 300),
  /** Number of unreadable polls in a row that is called a fallback. Source: KEDA's failureThreshold. */
  fallbackAfter: whole("polls", 3, 1, 100),
  /** Highest rate of a Felix processor, until it has been measured: 3 ms a sample. */
  felixRate: decimal("samples/s", 333, 1, 100_000),
  /** Highest rate of a Celix processor, until it has been measured: 4 ms a sample. */
  celixRate: decimal("samples/s", 250, 1, 100_000),
  /** Scaling down requires that fewer processors carry the load and this much more. Doubles HPA's tolerance of 10 %. */
  margin: decimal("%", 20, 0, 200),
} as const satisfies Readonly<Record<string, Parameter>>;

/**
 * Thresholds of the original rule. The original values were slope1 = 5 and slope2 = 10. Over a window of 10 s, a queue
 * changes by at most 10 %-points a second. So slope2 could never be exceeded, and slope1 only by half a queue. Our
 * values are 5 and 20 points in 10 s. That is above the effect of producers' bursts and below that of a missing
 * processor.
 */
export const slopeParameters = {
  /** Rising faster: one more. Falling faster: one less. */
  slope1: decimal("%-points/s", 0.5, 0.01, 10),
  /** Rising faster: two more. Falling faster: two less. */
  slope2: decimal("%-points/s", 2, 0.02, 10),
  /** Level and filled less: one less. */
  barrierLow: decimal("% of the queue", 10, 0, 100),
  /** Level and filled more: one more. */
  barrierHigh: decimal("% of the queue", 35, 0, 100),
} as const satisfies Readonly<Record<string, Parameter>>;

export const drainParameters = {
  /** Time within which a backlog must be gone. */
  targetSeconds: whole("s", 30, 1, 3600),
} as const satisfies Readonly<Record<string, Parameter>>;
