/**
 * The coordinator's loop: the settings that it obeys, the events that it records, the cases in which it does nothing.
 * Not proven here: the behaviour of the API server and the broker (tests/services/coordinator.test.ts).
 */
import { expect } from "chai";
import type { HandoverState } from "../../images/datastore-viewer/src/coordinator/handover";
import { Loop, type LoopParts } from "../../images/datastore-viewer/src/coordinator/loop";
import { defaultPolicy, type Current, type Kinds, type Metric } from "@inaetics/autoscaling";
import { eventSchema, parseJson, type ClusterEvent, type ProcessorsMode } from "@inaetics/samples";
import { eventually } from "../support/eventually";

/** The loop with simulated surroundings in memory. */
class Stand {
  metric: Metric | Error = figures(0, 0);
  requested: Kinds = { felix: 1, celix: 0 };
  mode: ProcessorsMode | undefined = { mode: "auto" };
  leading = true;
  failing = false;
  handover: HandoverState | undefined;
  readonly events: ClusterEvent[] = [];
  readonly recorded: string[] = [];
  polls = 0;
  /** Samples refused from one poll to the next, and in total. */
  refusing = 0;
  refused = 0;
  readonly loop: Loop;

  constructor() {
    const policy = { ...defaultPolicy, intervalSeconds: 0.1, cooldownSeconds: 0, stabilisationSeconds: 0 };
    const parts: LoopParts = {
      me: "viewer-1",
      leading: () => this.leading,
      readMetric: () => {
        this.polls++;
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
        recordEvents: (_from, _to, reason) => {
          this.recorded.push(reason);
          return Promise.resolve();
        },
      },
      readMode: () => Promise.resolve(this.mode),
      record: (event) => void this.events.push(event),
      caughtUp: () => true,
      readHandover: () => Promise.resolve(this.handover),
      writeHandover: (state) => {
        this.handover = state;
        return Promise.resolve();
      },
      log: { info: () => undefined, warn: () => undefined, error: (text) => expect.fail(text) },
    };
    this.loop = new Loop(parts);
    this.loop.evaluateNow();
  }

  async evaluations(count: number): Promise<void> {
    const until = this.polls + count + 1;
    await eventually(`${count} evaluations`, 20, async () => this.polls >= until);
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
    await stand.evaluations(5);
    expect(stand.events).to.have.length(1);
    expect(stand.events[0]).to.include({ kind: "held", source: "coordinator", by: "viewer-1" });
    stand.metric = { ...figures(60, 3), putRate: 2000 };
    await eventually("the most processors", 10, async () => stand.requested.felix + stand.requested.celix === 8);
    await stand.evaluations(5);
    const scaled = stand.events.filter(({ kind }) => kind === "scaled");
    expect(scaled.length).to.be.within(2, 4);
    for (const { from, to, outcome, metric, rule, recommended } of scaled) {
      expect(outcome).to.equal("done");
      expect(metric).to.include({ fill: 60, slope: 3, putRate: 2000, depth: 6000 });
      expect(rule).to.be.a("string");
      expect(recommended).to.be.within(1, 8);
      expect((to?.felix ?? 0) + (to?.celix ?? 0)).to.be.above((from?.felix ?? 0) + (from?.celix ?? 0));
    }
    expect(stand.recorded).to.have.length(scaled.length);
    expect(stand.rules().filter((each) => each === "held at-maximum")).to.have.length(1);
    for (const event of stand.events) expect(parseJson(eventSchema, JSON.stringify(event)).ok).to.equal(true);
  });

  it("changes nothing while figures cannot be read, and records begin and end once each", async () => {
    await stand.evaluations(2);
    stand.metric = new Error("no answer within 2 s");
    await stand.evaluations(10);
    stand.metric = figures(0, 0);
    await stand.evaluations(3);
    expect(stand.requested).to.deep.equal({ felix: 1, celix: 0 });
    const rules = stand.rules().slice(1);
    expect(rules.slice(0, 2)).to.deep.equal(["held unreadable", "held fallback"]);
    expect(rules[2]).to.match(/^recovered /);
    expect(rules).to.have.length(3);
  });

  it("scales and records nothing unless it leads, but keeps its history", async () => {
    stand.leading = false;
    await stand.evaluations(1);
    const before = stand.events.length;
    stand.metric = { ...figures(90, 9), putRate: 2000 };
    await stand.evaluations(4);
    expect(stand.requested).to.deep.equal({ felix: 1, celix: 0 });
    expect(stand.events).to.have.length(before);
    stand.leading = true;
    stand.loop.evaluateNow();
    await stand.evaluations(2);
    expect(stand.requested.felix + stand.requested.celix).to.be.above(1);
  });

  it("keeps the processors that people set by hand, and changes nothing while the mode is unknown", async () => {
    stand.mode = { mode: "manual", felix: 0, celix: 3 };
    await eventually("what was set", 5, async () => stand.requested.celix === 3 && stand.requested.felix === 0);
    stand.requested = { felix: 5, celix: 0 };
    await eventually("what was set again", 5, async () => stand.requested.celix === 3 && stand.requested.felix === 0);
    expect(stand.loop.decision).to.include({ rule: "manual", processors: 3 });
    stand.mode = undefined;
    await stand.evaluations(2);
    stand.requested = { felix: 5, celix: 0 };
    await stand.evaluations(4);
    expect(stand.requested).to.deep.equal({ felix: 5, celix: 0 });
    expect(stand.rules().filter((each) => each === "held mode-unknown")).to.have.length(1);
    stand.mode = { mode: "auto" };
    await eventually("automatic again", 5, async () => stand.requested.felix + stand.requested.celix < 5);
  });

  it("records each failure to scale, and tries again", async () => {
    stand.failing = true;
    stand.metric = { ...figures(60, 3), putRate: 2000 };
    await stand.evaluations(4);
    const failed = stand.events.filter(({ outcome }) => outcome === "failed: no");
    expect(failed.length).to.be.at.least(3);
    stand.failing = false;
    await eventually("scaled", 5, async () => stand.requested.felix > 1);
  });

  it("records when the full queue begins to refuse samples, and when it ends", async () => {
    await stand.evaluations(2);
    stand.refusing = 10;
    await stand.evaluations(4);
    stand.refusing = 0;
    await stand.evaluations(6);
    const kinds = stand.events.map(({ kind }) => kind).filter((kind) => kind === "overload" || kind === "recovered");
    expect(kinds).to.deep.equal(["overload", "recovered"]);
  });
});
