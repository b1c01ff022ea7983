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

/** The longest window that a policy may ask for; what is older is forgotten. */
export const LONGEST_WINDOW_SECONDS = 1800;

/** What both policies share. */
export const commonParameters = {
  /** How often one looks. Source: the original's poll.interval. */
  intervalSeconds: whole("s", 10, 2, 300),
  /** Never fewer; at least one, so that an error can never stop all processing. */
  min: whole("processors", 1, 1, 64),
  /** Never more. Source of 8: the original's processors.max. */
  max: whole("processors", 8, 1, 64),
  /** A queue filled less than this never adds processors. Source: KEDA's activation threshold. */
  activation: decimal("% of the queue", 1, 0, 50),
  /** Down only to the highest recommendation of this long. Source: HPA's stabilisation window. */
  stabilisationSeconds: whole("s", 60, 0, LONGEST_WINDOW_SECONDS),
  /** No second change sooner: the figures' window (10 s) still shows the time before the first one. */
  cooldownSeconds: whole("s", 10, 0, 600),
  /** Processors asked for this long ago and still not ready are counted on no longer. */
  startSeconds: whole("s", 60, 5, 600),
  /** Most processors added at once. Source: HPA adds at most four pods at once. */
  maxStepUp: whole("processors", 4, 1, 64),
  /** Most processors removed at once. */
  maxStepDown: whole("processors", 2, 1, 64),
  /** Figures older than this are not believed. */
  staleSeconds: whole("s", 15, 2, 300),
  /** So many unreadable looks in a row are called a fallback. Source: KEDA's failureThreshold. */
  fallbackAfter: whole("looks", 3, 1, 100),
  /** What a Felix processor takes at most, until it has been measured: 3 ms a sample. */
  felixRate: decimal("samples/s", 333, 1, 100_000),
  /** What a Celix processor takes at most, until it has been measured: 4 ms a sample. */
  celixRate: decimal("samples/s", 250, 1, 100_000),
  /** Fewer processors must still carry the load and this much more. Doubles HPA's tolerance of 10 %. */
  margin: decimal("%", 20, 0, 200),
} as const satisfies Readonly<Record<string, Parameter>>;

/**
 * Thresholds of the original rule. Its own were slope1 = 5 and slope2 = 10: over a window of 10 s a queue can change by
 * 10 %-points a second at most, so slope2 could never be exceeded, and slope1 only by half a queue. Ours are 5 and 20 points
 * in 10 s: above what bursts of the producers cause, below what a missing processor causes.
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
  /** A backlog shall be gone after this long. */
  targetSeconds: whole("s", 30, 1, 3600),
} as const satisfies Readonly<Record<string, Parameter>>;
