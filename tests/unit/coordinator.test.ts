/**
 * What the coordinator decides on its own: who leads, how producers are shared, what is worth an event, who is obeyed.
 * Not proven here: that the API server and the broker do their part (tests/engine/coordinator.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { producersOf } from "../../images/datastore-viewer/src/coordinator/actions";
import { claim, DURATION_MS, mayAct, mayWrite, sight } from "../../images/datastore-viewer/src/coordinator/lease";
import type { LeaseRecord, Sighting } from "../../images/datastore-viewer/src/coordinator/lease";
import { Loop, type Legacy, type LoopParts } from "../../images/datastore-viewer/src/coordinator/loop";
import { defaultPolicy, type Current, type Kinds, type Metric } from "../../packages/autoscaling/index";
import { EVENT_KINDS, eventSchema, eventSubject, parseJson } from "../../packages/samples/index";
import type { ClusterEvent, ProcessorsMode } from "../../packages/samples/index";
import { eventually } from "../engine/service";

/** An instance with a clock of its own, which tells another time and runs faster or slower than the others'. */
class Instance {
  private sighting: Sighting | undefined;
  private seen: LeaseRecord | undefined;
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
    this.seen = stored;
    this.sighting = sight(this.sighting, stored, this.clock(time));
  }

  /** Sends a write, if it may, of what it read before. */
  write(time: number): void {
    if (this.sighting === undefined || this.asked !== undefined) return;
    if (!mayWrite(this.sighting, this.name, this.clock(time))) return;
    this.asked = { record: claim(this.seen, this.name), began: this.clock(time) };
  }

  /** The write reaches the API server, however late. Gives what is stored then. */
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
      this.sighting = { record: this.answer, since: this.clock(time) };
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

  it("is written by its holder, and by others once it was given back or not renewed in its time", () => {
    expect(mayWrite({ record: undefined, since: 0 }, "a", 0)).to.equal(true);
    expect(mayWrite({ record: record("a"), since: 0 }, "a", 1)).to.equal(true);
    expect(mayWrite({ record: record(""), since: 0 }, "a", 1)).to.equal(true);
    expect(mayWrite({ record: record("b"), since: 0 }, "a", DURATION_MS)).to.equal(false);
    expect(mayWrite({ record: record("b"), since: 0 }, "a", DURATION_MS + 1)).to.equal(true);
    const before = { record: record("b"), since: 0 };
    expect(sight(before, record("b"), 5000)).to.equal(before);
    expect(sight(before, record("b", "2"), 5000).since).to.equal(5000);
  });

  it("counts changes of the holder, not renewals", () => {
    expect(claim(undefined, "a")).to.include({ holder: "a", transitions: 0, version: undefined });
    expect(claim(record("a"), "a")).to.include({ transitions: 0, version: "1" });
    expect(claim(record("b"), "a")).to.include({ holder: "a", transitions: 1, version: "1" });
  });

  it("never lets two act, whatever the clocks say, requests last and instances sleep", () => {
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
    // Nobody who never acts is no proof.
    expect(acted).to.be.above(10_000);
    expect(taken).to.be.above(100);
  });
});

describe("coordinator: producers", () => {
  it("keeps the Celix ones as long as the count has room for them", () => {
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

  it("are read as they were written, and nothing else is", () => {
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

/** The loop with everything around it in memory. */
class Stand {
  metric: Metric | Error = figures(0, 0);
  requested: Kinds = { felix: 1, celix: 0 };
  mode: ProcessorsMode | undefined = { mode: "auto" };
  leading = true;
  failing = false;
  legacy: Legacy | undefined;
  readonly events: ClusterEvent[] = [];
  readonly told: string[] = [];
  looks = 0;
  /** Samples refused from one look to the next, and in all. */
  refusing = 0;
  refused = 0;
  readonly loop: Loop;

  constructor() {
    const policy = { ...defaultPolicy, intervalSeconds: 0.1, cooldownSeconds: 0, stabilisationSeconds: 0 };
    const parts: LoopParts = {
      me: "viewer-1",
      leading: () => this.leading,
      readMetric: () => {
        this.looks++;
        this.refused += this.refusing;
        if (this.metric instanceof Error) return Promise.reject(this.metric);
        return Promise.resolve({ ...this.metric, rejected: this.refused, at: Date.now() });
      },
      readPolicy: () => Promise.resolve({ policy, problem: undefined }),
      replicas: {
        read: () => Promise.resolve({ processors: this.current(), producers: this.current() }),
        scale: (_role, _from, to) => {
          if (this.failing) return Promise.resolve("failed: no");
          this.requested = to;
          return Promise.resolve("done");
        },
        tell: (_from, _to, reason) => {
          this.told.push(reason);
          return Promise.resolve();
        },
      },
      readMode: () => Promise.resolve(this.mode),
      record: (event) => void this.events.push(event),
      caughtUp: () => true,
      inherit: () => Promise.resolve(this.legacy),
      bequeath: (legacy) => {
        this.legacy = legacy;
        return Promise.resolve();
      },
      log: { info: () => undefined, warn: () => undefined, error: (text) => expect.fail(text) },
    };
    this.loop = new Loop(parts);
    this.loop.hurry();
  }

  async turns(count: number): Promise<void> {
    const until = this.looks + count + 1;
    await eventually(`${count} looks`, 20, async () => this.looks >= until);
  }

  rules(): readonly string[] {
    return this.events.map(({ kind, rule }) => `${kind} ${rule ?? ""}`.trim());
  }

  private current(): Current {
    return { ready: this.requested, requested: this.requested };
  }
}

function figures(utilisation: number, slope: number): Metric {
  const depth = utilisation * 100;
  return { at: 0, capacity: 10_000, depth, utilisation, slope, putRate: 100, takeRate: 100, rejected: 0, oldestMs: 0 };
}

describe("coordinator: loop", function () {
  this.timeout(30_000);
  let stand: Stand;
  beforeEach(() => (stand = new Stand()));
  afterEach(() => stand.loop.stop());

  it("records a hold once for each kind of reason, and every change, with figures and outcome", async () => {
    await stand.turns(5);
    expect(stand.events).to.have.length(1);
    expect(stand.events[0]).to.include({ kind: "held", source: "coordinator", by: "viewer-1" });
    stand.metric = { ...figures(60, 3), putRate: 2000 };
    await eventually("the most processors", 10, async () => stand.requested.felix + stand.requested.celix === 8);
    await stand.turns(5);
    const scaled = stand.events.filter(({ kind }) => kind === "scaled");
    expect(scaled.length).to.be.within(2, 4);
    for (const { from, to, outcome, metric, rule, recommended } of scaled) {
      expect(outcome).to.equal("done");
      expect(metric).to.include({ fill: 60, slope: 3, putRate: 2000, depth: 6000 });
      expect(rule).to.be.a("string");
      expect(recommended).to.be.within(1, 8);
      expect((to?.felix ?? 0) + (to?.celix ?? 0)).to.be.above((from?.felix ?? 0) + (from?.celix ?? 0));
    }
    expect(stand.told).to.have.length(scaled.length);
    expect(stand.rules().filter((each) => each === "held at-maximum")).to.have.length(1);
    for (const event of stand.events) expect(parseJson(eventSchema, JSON.stringify(event)).ok).to.equal(true);
  });

  it("changes nothing while figures cannot be read, says so once, and says when it is over", async () => {
    await stand.turns(2);
    stand.metric = new Error("no answer within 2 s");
    await stand.turns(10);
    stand.metric = figures(0, 0);
    await stand.turns(3);
    expect(stand.requested).to.deep.equal({ felix: 1, celix: 0 });
    const rules = stand.rules().slice(1);
    expect(rules.slice(0, 2)).to.deep.equal(["held unreadable", "held fallback"]);
    expect(rules[2]).to.match(/^recovered /);
    expect(rules).to.have.length(3);
  });

  it("does nothing and says nothing unless it leads, but remembers", async () => {
    stand.leading = false;
    await stand.turns(1);
    const before = stand.events.length;
    stand.metric = { ...figures(90, 9), putRate: 2000 };
    await stand.turns(4);
    expect(stand.requested).to.deep.equal({ felix: 1, celix: 0 });
    expect(stand.events).to.have.length(before);
    stand.leading = true;
    stand.loop.hurry();
    await stand.turns(2);
    expect(stand.requested.felix + stand.requested.celix).to.be.above(1);
  });

  it("keeps to what people set by hand, also when somebody else scales, and obeys nobody while it cannot know", async () => {
    stand.mode = { mode: "manual", felix: 0, celix: 3 };
    await eventually("what was set", 5, async () => stand.requested.celix === 3 && stand.requested.felix === 0);
    stand.requested = { felix: 5, celix: 0 };
    await eventually("what was set again", 5, async () => stand.requested.celix === 3 && stand.requested.felix === 0);
    expect(stand.loop.decision).to.include({ rule: "manual", processors: 3 });
    stand.mode = undefined;
    await stand.turns(2);
    stand.requested = { felix: 5, celix: 0 };
    await stand.turns(4);
    expect(stand.requested).to.deep.equal({ felix: 5, celix: 0 });
    expect(stand.rules().filter((each) => each === "held mode-unknown")).to.have.length(1);
    stand.mode = { mode: "auto" };
    await eventually("automatic again", 5, async () => stand.requested.felix + stand.requested.celix < 5);
  });

  it("says each time that scaling failed, and goes on trying", async () => {
    stand.failing = true;
    stand.metric = { ...figures(60, 3), putRate: 2000 };
    await stand.turns(4);
    const failed = stand.events.filter(({ outcome }) => outcome === "failed: no");
    expect(failed.length).to.be.at.least(3);
    stand.failing = false;
    await eventually("scaled", 5, async () => stand.requested.felix > 1);
  });

  it("says when the full queue begins to refuse samples, and when that is over", async () => {
    await stand.turns(2);
    stand.refusing = 10;
    await stand.turns(4);
    stand.refusing = 0;
    await stand.turns(6);
    const kinds = stand.events.map(({ kind }) => kind).filter((kind) => kind === "overload" || kind === "recovered");
    expect(kinds).to.deep.equal(["overload", "recovered"]);
  });
});
