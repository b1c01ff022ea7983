/**
 * Decisions of the coordinator alone: the leader, the split of producers, the form of events.
 * Not proven here: the behaviour of the API server and the broker (tests/services/coordinator.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { producersOf } from "../../images/datastore-viewer/src/coordinator/actions";
import {
  claim,
  DURATION_MS,
  mayAct,
  mayWrite,
  observeRecord,
  type LeaseRecord,
  type ObservedRecord,
} from "../../images/datastore-viewer/src/coordinator/lease";
import { EVENT_KINDS, eventSchema, eventSubject, parseJson, type ClusterEvent } from "@inaetics/samples";

/** An instance with its own clock, which shows another time and runs faster or slower than the others'. */
class Instance {
  private observed: ObservedRecord | undefined;
  private asked: { readonly record: LeaseRecord; readonly began: number } | undefined;
  private answer: LeaseRecord | "conflict" | undefined;
  private renewed: number | undefined;

  constructor(
    readonly name: string,
    private readonly offset: number,
    private readonly speed: number,
  ) {}

  acts(time: number): boolean {
    return mayAct(this.renewed, this.clock(time));
  }

  read(time: number, stored: LeaseRecord | undefined): void {
    this.observed = observeRecord(this.observed, stored, this.clock(time));
  }

  /** Writes the last read record, if that record allows it: a poll reads, decides and writes one record. */
  write(time: number): void {
    if (this.observed === undefined || this.asked !== undefined) return;
    if (!mayWrite(this.observed, this.name, this.clock(time))) return;
    this.asked = { record: claim(this.observed.record, this.name), began: this.clock(time) };
  }

  /** Lets the write reach the API server, at any delay. Returns the record that is stored then. */
  arrive(stored: LeaseRecord | undefined): LeaseRecord | undefined {
    if (this.asked === undefined || this.answer !== undefined) return stored;
    const taken = this.asked.record.version === stored?.version;
    this.answer = taken ? { ...this.asked.record, version: String(Number(stored?.version ?? 0) + 1) } : "conflict";
    return this.answer === "conflict" ? stored : this.answer;
  }

  hear(time: number): void {
    if (this.answer === undefined || this.asked === undefined) return;
    if (this.answer === "conflict") this.renewed = undefined;
    else {
      this.renewed = this.asked.began;
      this.observed = { record: this.answer, since: this.clock(time) };
    }
    this.asked = this.answer = undefined;
  }

  private clock(time: number): number {
    return this.offset + time * this.speed;
  }
}

describe("coordinator: lease", () => {
  const record = (holder: string, version = "1"): LeaseRecord => {
    return { holder, durationMs: DURATION_MS, transitions: 0, acquired: "", version };
  };

  it("is written by its holder, and by others after its release or expiry", () => {
    expect(mayWrite({ record: undefined, since: 0 }, "a", 0)).to.equal(true);
    expect(mayWrite({ record: record("a"), since: 0 }, "a", 1)).to.equal(true);
    expect(mayWrite({ record: record(""), since: 0 }, "a", 1)).to.equal(true);
    expect(mayWrite({ record: record("b"), since: 0 }, "a", DURATION_MS)).to.equal(false);
    expect(mayWrite({ record: record("b"), since: 0 }, "a", DURATION_MS + 1)).to.equal(true);
    const before = { record: record("b"), since: 0 };
    expect(observeRecord(before, record("b"), 5000)).to.equal(before);
    expect(observeRecord(before, record("b", "2"), 5000).since).to.equal(5000);
  });

  it("counts changes of the holder, not renewals", () => {
    expect(claim(undefined, "a")).to.include({ holder: "a", transitions: 0, version: undefined });
    expect(claim(record("a"), "a")).to.include({ transitions: 0, version: "1" });
    expect(claim(record("b"), "a")).to.include({ holder: "a", transitions: 1, version: "1" });
  });

  it("lets at most one instance act, for any clocks, delays of requests and sleeping instances", () => {
    const who = fc.nat({ max: 2 });
    const step = fc.oneof(
      fc.record({ what: fc.constant("wait" as const), who, ms: fc.nat({ max: 12_000 }) }),
      fc.record({
        what: fc.constantFrom("read", "write", "arrive", "hear", "all", "all", "all"),
        who,
        ms: fc.nat({ max: 500 }),
      }),
    );
    const clock = fc.record({
      offset: fc.integer({ min: -1e9, max: 1e9 }),
      speed: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
    });
    let [acted, taken] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(clock, { minLength: 3, maxLength: 3 }),
        fc.array(step, { minLength: 60, maxLength: 150, size: "max" }),
        (clocks, steps) => {
          const all = clocks.map(({ offset, speed }, index) => new Instance(`pod-${index}`, offset, speed));
          let stored: LeaseRecord | undefined;
          let time = 0;
          for (const { what, who: index, ms } of steps) {
            time += ms;
            const one = all[index];
            const before = stored?.holder;
            if (what === "read" || what === "all") one?.read(time, stored);
            if (what === "write" || what === "all") one?.write(time);
            if (what === "arrive" || what === "all") stored = one?.arrive(stored) ?? stored;
            if (what === "hear" || what === "all") one?.hear(time);
            const acting = all.filter((each) => each.acts(time));
            expect(acting.length).to.be.at.most(1);
            acted += acting.length;
            if (before !== undefined && before !== stored?.holder) taken++;
          }
        },
      ),
      { numRuns: 1000 },
    );
    // A run in which no instance acts would prove nothing.
    expect(acted).to.be.above(10_000);
    expect(taken).to.be.above(100);
  });
});

describe("coordinator: producers", () => {
  it("keeps the Celix producers as far as the count allows", () => {
    fc.assert(
      fc.property(fc.nat(32), fc.nat(8), fc.nat(8), (count, felix, celix) => {
        const wanted = producersOf(count, { felix, celix });
        expect(wanted.felix + wanted.celix).to.equal(count);
        expect(wanted.celix).to.equal(Math.min(celix, count));
        expect(wanted.felix).to.be.at.least(0);
        expect(producersOf(count, wanted)).to.deep.equal(wanted);
      }),
    );
  });
});

describe("coordinator: events", () => {
  const event: ClusterEvent = { time: 1, source: "coordinator", kind: "scaled", reason: "1 => 2", by: "viewer-1" };

  it("are read as they were written; anything else is refused", () => {
    const more = { metric: { fill: 40, slope: null, putRate: 1, takeRate: 2, depth: 3 }, rule: "slope.high" };
    const whole = { ...event, ...more, from: { felix: 1, celix: 0 }, to: { felix: 1, celix: 1 }, outcome: "done" };
    for (const kind of EVENT_KINDS) {
      expect(parseJson(eventSchema, JSON.stringify({ ...whole, kind }))).to.deep.equal({
        ok: true,
        value: { ...whole, kind },
      });
    }
    const wrong = [
      { kind: "exploded" },
      { source: "nobody" },
      { time: -1 },
      { reason: 7 },
      { to: { felix: 1.5, celix: 0 } },
    ];
    for (const each of wrong) expect(parseJson(eventSchema, JSON.stringify({ ...event, ...each })).ok).to.equal(false);
    expect(eventSubject(event)).to.equal("events.coordinator.scaled");
  });
});
