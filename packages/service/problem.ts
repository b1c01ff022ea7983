/** A refusal that its asker gets to read: says what was wrong, what is allowed, and what to do. */
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
/** Something that the service needs is away; it may be asked again after some seconds. */
export const unavailable = (detail: string, seconds = 2): Problem =>
  new Problem(503, detail, { "retry-after": String(seconds) });

/** `none` or `a, b, c`, cut short where there are many. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;
}
