/**
 * Judgement of histories of samples: any history of a correct system passes, and each planted error is found.
 * Does not prove: that real histories are recorded completely (tests/services/verify.test.ts and the cluster's part do).
 */
import { expect } from "chai";
import fc from "fast-check";
import { Ledger } from "../../cli/verify/ledger";
import { check, complaints, type CheckOptions, type SampleEvent } from "../../cli/verify/checker";

const options: CheckOptions = {
  endedAt: 1_000_000,
  waiting: 0,
  latencyMs: 5000,
  putWindowMs: 60_000,
  resultWindowMs: 120_000,
};

/** A correct life of one sample: puts until an answer; a result exactly when one was accepted. */
const life = fc.record({
  start: fc.nat(500_000),
  repetitions: fc.nat(3),
  outcome: fc.constantFrom("acknowledged", "refused", "unanswered, stored", "unanswered, lost"),
  delay: fc.nat(4000),
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

function eventsOf({ start, repetitions, outcome, delay }: Life, index: number): readonly SampleEvent[] {
  const id = `ledger-${index}`;
  const puts = Array.from({ length: repetitions + 1 }, (_, turn) => start + turn * 200);
  const events: SampleEvent[] = puts.map((at) => ({ kind: "put", id, at }));
  const answered = (puts.at(-1) ?? start) + 5;
  if (outcome === "acknowledged") events.push({ kind: "acknowledged", id, at: answered });
  if (outcome === "refused") events.push(...puts.map((at) => ({ kind: "refused", id, at: at + 1 }) as const));
  if (outcome === "acknowledged" || outcome === "unanswered, stored")
    events.push({ kind: "stored", id, at: start + delay });
  return events;
}

const histories = fc.array(life, { minLength: 1, maxLength: 60 });
const acknowledgedOf = (lives: readonly Life[]): readonly string[] =>
  lives.flatMap(({ outcome }, index) => (outcome === "acknowledged" ? [`ledger-${index}`] : []));
const historyOf = (lives: readonly Life[]): readonly SampleEvent[] => lives.flatMap(eventsOf);

/** A history with at least one acknowledged sample, and that sample. */
const withAcknowledged = fc
  .tuple(histories, fc.nat())
  .filter(([lives]) => acknowledgedOf(lives).length > 0)
  .map(([lives, chosen]) => {
    const ids = acknowledgedOf(lives);
    return { events: historyOf(lives), id: ids[chosen % ids.length] ?? "" };
  });

/** A history, and the same observations in another order. */
const shuffled = histories
  .map(historyOf)
  .chain((events) =>
    fc
      .shuffledSubarray([...events], { minLength: events.length, maxLength: events.length })
      .map((other) => ({ events, other })),
  );

describe("checker of samples", () => {
  it("passes every correct history, and counts each sample once", () => {
    fc.assert(
      fc.property(histories, (lives) => {
        const verdict = check(historyOf(lives), options);
        expect(complaints(verdict)).to.deep.equal([]);
        const { put, acknowledged, refused, unanswered } = verdict;
        expect(put).to.equal(lives.length);
        expect(acknowledged + refused + unanswered).to.equal(put);
        expect(acknowledged).to.equal(acknowledgedOf(lives).length);
      }),
    );
  });

  it("gives the same verdict for any order of the observations", () => {
    fc.assert(
      fc.property(shuffled, ({ events, other: changed }) => {
        const sorted = (ids: readonly string[]) => [...ids].sort();
        const [one, other] = [check(events, options), check(changed, options)];
        expect(other.stored).to.equal(one.stored);
        expect(other.latency).to.deep.equal(one.latency);
        expect(sorted(other.missing)).to.deep.equal(sorted(one.missing));
      }),
    );
  });

  it("finds an acknowledged sample whose result is lost", () => {
    fc.assert(
      fc.property(withAcknowledged, ({ events, id }) => {
        const without = events.filter((event) => event.kind !== "stored" || event.id !== id);
        expect(check(without, options).missing).to.deep.equal([id]);
      }),
    );
  });

  it("calls it stuck while the queue still holds a sample", () => {
    fc.assert(
      fc.property(withAcknowledged, ({ events, id }) => {
        const without = events.filter((event) => event.kind !== "stored" || event.id !== id);
        const verdict = check(without, { ...options, waiting: 1 });
        expect(verdict.stuck).to.deep.equal([id]);
        expect(verdict.missing).to.deep.equal([]);
      }),
    );
  });

  it("finds a sample that is stored twice within the broker's windows, and excuses it after them", () => {
    fc.assert(
      fc.property(withAcknowledged, fc.nat(119_999), ({ events, id }, gap) => {
        const first = events.find((event) => event.kind === "stored" && event.id === id)?.at ?? 0;
        const twice = (apart: number) => check([...events, { kind: "stored", id, at: first + apart }], options);
        expect(twice(gap).duplicates).to.deep.equal([id]);
        expect(twice(120_000).duplicates).to.deep.equal([]);
        expect(twice(120_000).repeated).to.deep.equal([id]);
      }),
    );
  });

  it("finds results of samples that were refused or never put", () => {
    const stored = { kind: "stored", id: "a", at: 5 } as const;
    expect(check([stored], options).phantoms).to.deep.equal(["a"]);
    const refused = [{ kind: "put", id: "a", at: 1 }, { kind: "refused", id: "a", at: 2 }, stored] as const;
    expect(check(refused, options).phantoms).to.deep.equal(["a"]);
    // The first put had no answer, so it may have been accepted.
    expect(check([{ kind: "put", id: "a", at: 0 }, ...refused], options).phantoms).to.deep.equal([]);
  });

  it("finds late results outside disturbances only", () => {
    const events = [
      { kind: "put", id: "a", at: 1000 },
      { kind: "acknowledged", id: "a", at: 1001 },
      { kind: "stored", id: "a", at: 7000 },
    ] as const;
    expect(check(events, options).late).to.deep.equal(["a"]);
    expect(check(events, { ...options, disturbances: [{ from: 6000, to: 9000 }] }).late).to.deep.equal([]);
    expect(check(events, { ...options, disturbances: [{ from: 7001, to: 9000 }] }).late).to.deep.equal(["a"]);
  });

  it("names the first ids of each complaint", () => {
    const events = Array.from({ length: 12 }, (_, index): readonly SampleEvent[] => [
      { kind: "put", id: `s-${index}`, at: index },
      { kind: "acknowledged", id: `s-${index}`, at: index + 1 },
    ]).flat();
    expect(complaints(check(events, options))).to.deep.equal([
      `12 acknowledged, and lost: ${Array.from({ length: 10 }, (_, index) => `s-${index}`).join(", ")}, ...`,
    ]);
  });
});

describe("ledger", () => {
  it("counts an acknowledged sample as outstanding until its result, in either order, and ignores other producers", () => {
    const ledger = new Ledger("own");
    ledger.acknowledged("own-1", 1);
    expect(ledger.outstanding).to.equal(1);
    ledger.stored("own-1", 2);
    ledger.stored("own-2", 2);
    ledger.acknowledged("own-2", 3);
    ledger.stored("other-1", 3);
    expect(ledger.outstanding).to.equal(0);
    expect(ledger.events).to.have.length(4);
    expect(ledger.lastAnswerAt).to.equal(3);
  });
});
