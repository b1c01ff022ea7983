/** Environment variables that cannot be used; the message names every one of them. */
export class EnvironmentError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the environment is not usable:\n  ${problems.join("\n  ")}`);
    this.name = "EnvironmentError";
  }
}

/** Reads settings from environment variables and collects all problems, so that they are reported at once. */
export class Environment {
  private readonly problems: string[] = [];

  constructor(private readonly variables: Readonly<Record<string, string | undefined>>) {}

  /** A text; without a default it is required. An empty variable counts as absent, because Kubernetes sets those. */
  text(name: string, fallback?: string): string {
    const value = this.variables[name];
    if (value !== undefined && value !== "") return value;
    if (fallback === undefined) this.problems.push(`${name}: not set; set it to a text that is not empty`);
    return fallback ?? "";
  }

  /** A text that may be absent. */
  optional(name: string): string | undefined {
    const value = this.variables[name];
    return value === "" ? undefined : value;
  }

  /** A whole number of [min, max]. */
  integer(name: string, allowed: { readonly min: number; readonly max: number }, fallback: number): number {
    const text = this.variables[name];
    if (text === undefined || text === "") return fallback;
    const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= allowed.min && value <= allowed.max) return value;
    this.problems.push(`${name}: got "${text}"; allowed are whole numbers from ${allowed.min} to ${allowed.max}`);
    return fallback;
  }

  /** Throws an `EnvironmentError` when anything read so far was not usable. */
  check(): void {
    if (this.problems.length > 0) throw new EnvironmentError(this.problems);
  }
}
