/** Results of test runs. Pure. */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** A test, or a whole script of tests, that failed. */
export interface Failed {
  readonly title: string;
  /** Stack trace, or the lines of the script's output that name the reason. */
  readonly error: string;
}

/** Result of a run; a run that broke off counts as one failure. */
export interface Outcome extends Counts {
  /** Failed tests and their reasons, as far as the run reported them. */
  readonly failures: readonly Failed[];
}

/** Adds outcomes up. */
export function totalOf(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}
