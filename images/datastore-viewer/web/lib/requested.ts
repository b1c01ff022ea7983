/** Time in ms that a requested value is shown, unless the server confirms it earlier. */
const TIMEOUT_MS = 6000;

/** Value that a person has requested and the server has not confirmed yet. */
export class Requested<T> {
  private request: { readonly value: T; readonly until: number } | undefined;

  constructor(private readonly same: (one: T, other: T) => boolean = Object.is) {}

  set(value: T, now: number): void {
    this.request = { value, until: now + TIMEOUT_MS };
  }

  clear(): void {
    this.request = undefined;
  }

  /** Returns the value to show: the requested one, or else the server's. */
  show(actual: T, now: number): T {
    if (this.request === undefined) return actual;
    if (now > this.request.until || this.same(this.request.value, actual)) this.request = undefined;
    return this.request?.value ?? actual;
  }
}
