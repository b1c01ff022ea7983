/**
 * Events about upgrades of nodes: each beginning and each end once, with any number of instances and restarts.
 * Does not prove: that nodes are annotated (tests/services/viewer-nodes.test.ts), nor that the broker drops duplicates.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { changes, Upgrades } from "../../images/datastore-viewer/src/coordinator/upgrades";
import type { ObservedNode } from "../../images/datastore-viewer/src/statistics";
import type { StoredEvent } from "@inaetics/model";
import { eventSchema, parseJson, type ClusterEvent } from "@inaetics/samples";

const node = (name: string, upgrading: string | null, kubeletVersion: string | null = "v1.37.1"): ObservedNode => {
  return { name, upgrading, kubeletVersion };
};

/** The stream of events as the broker keeps it: it does not store a known id again. */
class Stream {
  readonly events: StoredEvent[] = [];
  private readonly ids = new Set<string>();

  append(event: ClusterEvent, id: string): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    const stored = parseJson(eventSchema, JSON.stringify(event));
    if (!stored.ok) expect.fail(stored.problem);
    this.events.push({ id: this.events.length + 1, ...stored.value });
  }
}

/** A viewer: its records wait until they are flushed, and it knows only the events that it has read. */
class Viewer {
  private readonly waiting: (readonly [ClusterEvent, string])[] = [];
  private readonly upgrades: Upgrades;
  private heard = 0;

  constructor(
    name: string,
    private readonly stream: Stream,
  ) {
    this.upgrades = new Upgrades(name, (event, id) => this.waiting.push([event, id]));
    this.hear();
  }

  hear(): void {
    for (const event of this.stream.events.slice(this.heard)) this.upgrades.learn(event);
    this.heard = this.stream.events.length;
  }

  observe(nodes: readonly ObservedNode[], now: number): void {
    this.upgrades.update(nodes, now);
  }

  flush(): void {
    for (const [event, id] of this.waiting.splice(0)) this.stream.append(event, id);
    this.hear();
  }
}

describe("viewer: upgrades of nodes", () => {
  const lines = ({ events }: Stream): readonly string[] => events.map(({ kind, reason }) => `${kind} ${reason}`);

  it("are recorded when they begin and when they end, with the time between", () => {
    const stream = new Stream();
    const viewer = new Viewer("viewer-1", stream);
    const poll = (now: number, upgrading: string | null, version: string): void => {
      viewer.observe([node("node-2", null), node("node-3", upgrading, version)], now);
      viewer.flush();
    };
    poll(1000, null, "v1.37.1");
    for (const now of [6000, 11_000]) poll(now, "v1.37.2", "v1.37.1");
    for (const now of [44_000, 49_000]) poll(now, null, "v1.37.2");
    expect(stream.events).to.deep.equal([
      {
        id: 1,
        time: 6000,
        source: "cluster",
        kind: "upgrade-began",
        by: "viewer-1",
        node: "node-3",
        version: "v1.37.2",
        reason: "node-3: upgrade to v1.37.2 began",
      },
      {
        id: 2,
        time: 44_000,
        source: "cluster",
        kind: "upgrade-ended",
        by: "viewer-1",
        node: "node-3",
        version: "v1.37.2",
        reason: "node-3: upgrade to v1.37.2 ended after 38 s",
        outcome: "done",
      },
    ]);
  });

  it("are neither lost nor repeated by a viewer that restarts meanwhile", () => {
    const stream = new Stream();
    const first = new Viewer("viewer-1", stream);
    first.observe([node("node-3", "v1.37.2")], 1000);
    first.flush();
    new Viewer("viewer-2", stream).observe([node("node-3", "v1.37.2")], 20_000);
    const third = new Viewer("viewer-3", stream);
    third.observe([node("node-3", null, "v1.37.2")], 301_000);
    third.flush();
    expect(lines(stream)).to.deep.equal([
      "upgrade-began node-3: upgrade to v1.37.2 began",
      "upgrade-ended node-3: upgrade to v1.37.2 ended after 5 min",
    ]);
  });

  it("wait once each while the broker is away", () => {
    const given: string[] = [];
    const upgrades = new Upgrades("viewer-1", (_event, id) => given.push(id));
    for (const now of [1000, 6000, 11_000]) upgrades.update([node("node-1", "v1.37.2"), node("node-2", null)], now);
    expect(given).to.deep.equal(["upgrade-began node-1 after 0"]);
  });

  it("report a node that does not run the new version, is gone, or gets another version", () => {
    const stream = new Stream();
    const viewer = new Viewer("viewer-1", stream);
    const seen: readonly (readonly ObservedNode[])[] = [
      [node("node-1", "v1.37.2")],
      [node("node-1", "v1.37.3")],
      [node("node-1", "v1.37.3")],
      [node("node-1", null, null)],
      [node("node-1", "v1.37.4")],
      [],
      [],
    ];
    for (const [index, nodes] of seen.entries()) {
      viewer.observe(nodes, index * 1000);
      viewer.flush();
    }
    expect(stream.events.map(({ kind, version, outcome }) => `${kind} ${version} ${outcome}`)).to.deep.equal([
      "upgrade-began v1.37.2 undefined",
      "upgrade-ended v1.37.2 failed: its kubelet is v1.37.1",
      "upgrade-began v1.37.3 undefined",
      "upgrade-ended v1.37.3 undefined",
      "upgrade-began v1.37.4 undefined",
      "upgrade-ended v1.37.4 failed: the node does not exist any more",
    ]);
  });

  it("never last a negative time, also by a clock that is behind", () => {
    const began: StoredEvent = {
      id: 7,
      time: 60_000,
      source: "cluster",
      kind: "upgrade-began",
      reason: "",
      by: "viewer-1",
      node: "node-1",
      version: "v1.37.2",
    };
    const [change] = changes(new Map([["node-1", began]]), [node("node-1", null, "v1.37.2")], 59_000);
    expect(change).to.deep.include({ id: "upgrade-ended node-1 after 7" });
    expect(change?.event.reason).to.match(/ended after 0 s$/);
  });

  it("are each recorded once by any number of viewers that lead, lag, and restart at any time", () => {
    const version = fc.constantFrom(null, "v1.37.2", "v1.37.3");
    const step = fc.record({
      versions: fc.tuple(version, version),
      leader: fc.nat(2),
      does: fc.constantFrom("poll", "poll", "flush", "hear", "restart"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const stream = new Stream();
        const viewers = [0, 1, 2].map((each) => new Viewer(`viewer-${each}`, stream));
        let now = 0;
        for (const { versions, leader, does } of steps) {
          const viewer = viewers[leader] ?? expect.fail("no such viewer");
          now += 1000;
          if (does === "restart") viewers[leader] = new Viewer(`viewer-${leader}`, stream);
          else if (does === "flush") viewer.flush();
          else if (does === "hear") viewer.hear();
          else viewer.observe([node("a", versions[0]), node("b", versions[1])], now);
        }
        for (const name of ["a", "b"]) {
          const kinds = stream.events.filter((each) => each.node === name).map(({ kind }) => kind);
          const turns = kinds.map((_, index) => (index % 2 === 0 ? "upgrade-began" : "upgrade-ended"));
          expect(kinds).to.deep.equal(turns);
        }
      }),
    );
  });

  it("are recorded in the end as observed, whatever happened before", () => {
    const upgrading = fc.constantFrom(null, "v1.37.2", "v1.37.3");
    fc.assert(
      fc.property(fc.array(fc.tuple(upgrading, fc.boolean())), upgrading, (past, last) => {
        const stream = new Stream();
        let viewer = new Viewer("viewer-1", stream);
        for (const [seen, restarts] of past) {
          viewer.observe([node("a", seen)], 1000);
          if (restarts) viewer = new Viewer("viewer-1", stream);
          else viewer.flush();
        }
        for (let poll = 0; poll < 2; poll++) {
          viewer.observe([node("a", last)], 2000);
          viewer.flush();
        }
        const newest = stream.events.at(-1);
        const open = newest?.kind === "upgrade-began" ? newest.version : null;
        expect(open ?? null).to.equal(last);
      }),
    );
  });
});
