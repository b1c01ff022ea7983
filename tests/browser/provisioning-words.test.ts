/**
 * Texts of the provisioning page, and its parser of the server's event stream.
 * Not proven here: that a browser shows it (provisioning.test.ts).
 */
import { compareBundleVersions } from "@inaetics/model";
import { expect } from "chai";
import { ago, clock, elapsed, problemOf } from "@inaetics/web";
import * as fc from "fast-check";
import { address } from "../../images/node-provisioning/web/lib/api";
import { describe as describeEvent, mergeEvents } from "../../images/node-provisioning/web/lib/audit";
import { fileSize, plural, splitName } from "../../images/node-provisioning/web/lib/format";
import type { AuditEvent, Target } from "../../images/node-provisioning/web/lib/shapes";
import { EventParser } from "../../images/node-provisioning/web/lib/stream";
import { conditionOf, progressOf, progressWords } from "../../images/node-provisioning/web/lib/targets";

const target = (id: string, group: string, parts: Partial<Target> = {}): Target => ({
  id,
  group,
  platform: "osgi",
  approved: true,
  distributions: [],
  wanted: { version: "1.0.0", since: 0, artifacts: [] },
  current: { version: "1.0.0", since: 0 },
  failed: null,
  state: "current",
  registeredAt: 0,
  lastSeen: 0,
  address: "10.1.0.5",
  ...parts,
});

describe("provisioning page: words", () => {
  it("describe the state of a target", () => {
    const words = (parts: Partial<Target>): string => conditionOf(target("a", "b", parts), 10_000).words;
    expect(words({})).to.equal("runs 1.0.0");
    expect(words({ wanted: { version: "2.0.0", since: 0, artifacts: [] }, state: "updating" })).to.equal(
      "1.0.0 → 2.0.0",
    );
    expect(words({ failed: { version: "2.0.0", reason: "x" }, state: "failed" })).to.equal("2.0.0 failed, runs 1.0.0");
    expect(words({ approved: false, state: "waiting" })).to.equal("waits for approval");
    expect(words({ wanted: null, current: null, state: "waiting" })).to.equal("nothing assigned");
    expect(words({ state: "gone", lastSeen: 4000 })).to.equal("gone, last seen 6 s ago");
  });

  it("describe the progress of a group; targets that are gone do not count", () => {
    const words = (...states: readonly Target["state"][]): string =>
      progressWords(progressOf(states.map((state) => target("a", "b", { state }))));
    expect(words()).to.equal("no targets");
    expect(words("current", "gone")).to.equal("its target is up to date");
    expect(words("current", "current")).to.equal("all 2 are up to date");
    expect(words("current", "updating", "failed")).to.equal("1 of 3 up to date, 1 failed");
  });

  it("format sizes, ages, times, counts and names", () => {
    expect([0, 999, 1500, 1_240_000].map(fileSize)).to.deep.equal(["0 B", "999 B", "1.5 kB", "1.2 MB"]);
    expect([-5, 2000, 300_000, 7_200_000, 400_000_000].map(elapsed)).to.deep.equal([
      "1 s",
      "2 s",
      "5 min",
      "2 h",
      "5 days",
    ]);
    expect(ago(null, 5)).to.equal("unknown");
    expect(ago(9000, 10_000)).to.equal("just now");
    const noon = new Date(2030, 4, 6, 12, 3, 4).getTime();
    expect(clock(noon, noon + 1000)).to.equal("12:03:04");
    expect(clock(noon, noon + 86_400_000)).to.equal("6 May 12:03:04");
    expect([0, 1, 2000].map((each) => plural(each, "target"))).to.deep.equal([
      "no targets",
      "1 target",
      "2,000 targets",
    ]);
    expect(splitName("org.inaetics.api")).to.deep.equal(["org.inaetics.", "api"]);
    expect(splitName("inaetics-agent-x7k2p", "inaetics-agent")).to.deep.equal(["inaetics-agent-", "x7k2p"]);
    expect(splitName("plain")).to.deep.equal(["", "plain"]);
  });

  it("order versions as OSGi does", () => {
    const sorted = ["1.0.0", "1.0.0.beta", "1.2.0", "1.10.0", "2.0.0"];
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: 5 }), (versions) => {
        expect([...versions].sort(compareBundleVersions)).to.deep.equal(sorted);
      }),
    );
  });

  it("give addresses in which each name is one segment, and refusals with the server's reason", () => {
    expect(address("features", "a/b c", "artifacts", "..?")).to.equal("/client/features/a%2Fb%20c/artifacts/..%3F");
    expect(problemOf(409, `{"title":"Conflict","detail":"no mixing"}`, null).message).to.equal("no mixing");
    expect(problemOf(502, "<html>", "7")).to.include({ message: "the server answered 502", retryAfter: 7 });
  });
});

describe("provisioning page: events", () => {
  const event = (seq: number, parts: Partial<AuditEvent> = {}): AuditEvent => ({
    seq,
    target: "a",
    time: seq,
    type: "agent-started",
    ...parts,
  });

  it("are parsed from the stream wherever it is cut; comments are no events", () => {
    const text = ': hello\n\nevent: audit\nid: 7\ndata: {"seq":7}\n\nevent: model\ndata: {"a":\ndata: 1}\n\n: beat\n\n';
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const parser = new EventParser();
        const places = [0, ...cuts.sort((one, other) => one - other), text.length];
        const events = places.flatMap((place, index) => parser.push(text.slice(place, places[index + 1] ?? place)));
        expect(events).to.deep.equal([
          { name: "audit", id: "7", data: '{"seq":7}' },
          { name: "model", id: undefined, data: '{"a":\n1}' },
        ]);
      }),
    );
  });

  it("are kept once each, in order, and only the newest", () => {
    const merged = mergeEvents([event(1), event(3)], [event(3), event(2)]);
    expect(merged.map((each) => each.seq)).to.deep.equal([1, 2, 3]);
    const many = Array.from({ length: 900 }, (_, index) => event(index));
    expect(mergeEvents(merged, many)).to.have.length(500);
    expect(mergeEvents(merged, many).at(-1)?.seq).to.equal(899);
  });

  it("have a description; unknown types have their name", () => {
    const failed = event(1, { type: "bundle-failed", version: "2.0.0", bundle: "org.work", bundleVersion: "1.1.0" });
    expect(describeEvent(failed)).to.deep.equal({
      label: "bundle failed",
      tone: "bad",
      subject: "org.work 1.1.0, version 2.0.0",
    });
    const unknown = { ...event(1), type: "heard-of-nothing" } as unknown as AuditEvent;
    expect(describeEvent(unknown)).to.deep.equal({ label: "heard of nothing", tone: "plain", subject: "" });
  });
});
