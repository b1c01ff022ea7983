import type { SampleEvent } from "./checker";

/** Record of a run: each put, each answer, each stored result. It is kept outside the cluster, whose faults cannot touch it. */
export class Ledger {
  private readonly recorded: SampleEvent[] = [];
  private readonly open = new Set<string>();
  private readonly settled = new Set<string>();
  private lastAnswer: number | undefined;

  /** @param producer name at the beginning of its samples' ids */
  constructor(readonly producer: string) {}

  /** Name of a sample, as agents form it. */
  id(sequence: number): string {
    return `${this.producer}-${sequence}`;
  }

  put(id: string, at: number): void {
    this.recorded.push({ kind: "put", id, at });
  }

  acknowledged(id: string, at: number): void {
    this.recorded.push({ kind: "acknowledged", id, at });
    // A repeated put may be answered after the sample's result is stored.
    if (!this.settled.has(id)) this.open.add(id);
    this.lastAnswer = at;
  }

  refused(id: string, at: number): void {
    this.recorded.push({ kind: "refused", id, at });
    this.lastAnswer = at;
  }

  /** Records a result; ignores those of other producers. */
  stored(id: string, at: number): void {
    if (!id.startsWith(`${this.producer}-`)) return;
    this.recorded.push({ kind: "stored", id, at });
    this.open.delete(id);
    this.settled.add(id);
  }

  get events(): readonly SampleEvent[] {
    return this.recorded;
  }

  /** Number of acknowledged samples without a result so far. */
  get outstanding(): number {
    return this.open.size;
  }

  /** Time of the last answer to a put. */
  get lastAnswerAt(): number | undefined {
    return this.lastAnswer;
  }
}
