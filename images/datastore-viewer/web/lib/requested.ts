/** Time in ms that a requested value is shown, unless the server confirms it earlier. */
const PATIENCE_MS = 6000;

export class Wish<T> {
  private asked: { readonly value: T; readonly until: number } | undefined;

  constructor(private readonly same: (one: T, other: T) => boolean = Object.is) {}

  ask(value: T, now: number): void {
    this.asked = { value, until: now + PATIENCE_MS };
  }

  drop(): void {
    this.asked = undefined;
  }

  /** Value to show, given the server's value. */
  show(actual: T, now: number): T {
    if (this.asked === undefined) return actual;
    if (now > this.asked.until || this.same(this.asked.value, actual)) this.asked = undefined;
    return this.asked?.value ?? actual;
  }
}
