/** Refusal that the caller reads: what was wrong, what is allowed, and what to do. */
export class Problem extends Error {
  constructor(
    readonly statusCode: number,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = "Problem";
  }
}

export const wrong = (detail: string): Problem => new Problem(400, detail);
export const missing = (detail: string): Problem => new Problem(404, detail);
export const conflict = (detail: string): Problem => new Problem(409, detail);
/** Refusal because something that the service needs does not answer; the caller may retry after `seconds`. */
export const unavailable = (detail: string, seconds = 2): Problem =>
  new Problem(503, detail, { "retry-after": String(seconds) });

/** Formats names as `none` or `a, b, c`, cut short after 12. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;
}
