/**
 * Places of streams' copies, and the servers and volumes of a cluster. Does not prove that a broker moves streams so:
 * tests/services/queue-servers.test.ts does.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { queueServers, queueVolumes } from "@inaetics/model/cluster";
import {
  above,
  incomplete,
  leaving,
  placementOf,
  serversOf,
  withEarlier,
  type Placement,
} from "../../images/queue-agent/src/placement";

const servers = ["q-0", "q-1", "q-2", "q-3", "q-4"];
const placements = fc
  .record({
    wanted: fc.constantFrom(1, 3, 5),
    order: fc.shuffledSubarray(servers, { minLength: 5 }),
    late: fc.subarray(servers),
    moving: fc.boolean(),
    led: fc.boolean(),
  })
  .map(({ wanted, order, late, moving, led }): Placement => ({
    stream: "SAMPLES",
    wanted,
    moving,
    ...(led ? { leader: order[0] ?? "" } : {}),
    others: order.slice(1, wanted).map((server) => ({ server, current: !late.includes(server), offline: false })),
  }));

/** Servers that surely have every acknowledged message. */
const holders = ({ leader, others }: Placement): readonly string[] => [
  ...(leader === undefined ? [] : [leader]),
  ...others.filter(({ current }) => current).map(({ server }) => server),
];

describe("the places of streams", () => {
  const whole: Placement = {
    stream: "SAMPLES",
    wanted: 3,
    leader: "q-0",
    others: [
      { server: "q-1", current: true, offline: false },
      { server: "q-2", current: true, offline: false },
    ],
    moving: false,
  };

  it("are whole only when every copy is current and none is being made", () => {
    expect(incomplete(whole)).to.equal(undefined);
    expect(incomplete({ ...whole, moving: true })).to.match(/being copied/);
    expect(incomplete({ ...whole, others: whole.others.slice(1) })).to.match(/2 of 3 copies/);
    const late = whole.others.map((each) => ({ ...each, current: each.server !== "q-2" }));
    expect(incomplete({ ...whole, others: late })).to.match(/not current on q-2/);
    expect(incomplete({ stream: "SAMPLES", wanted: 3, others: [], moving: false })).to.match(/no leader/);
  });

  it("are read from the broker's answer, which calls a server that is away current", () => {
    const config = { name: "SAMPLES", num_replicas: 3 };
    const replicas = [
      { name: "q-1", current: true, offline: true, active: 0, lag: 0, peer: "a" },
      { name: "q-2", current: true, offline: false, active: 0, lag: 0, peer: "b" },
    ];
    const read = placementOf({ config, cluster: { leader: "q-0", replicas } });
    expect(incomplete(read)).to.match(/not current on q-1/);
    expect(incomplete(read, "q-1")).to.equal(undefined);
    const moving = { config, cluster: { leader: "q-0", replicas, desired: {} } };
    expect(placementOf(moving).moving).to.equal(true);
    expect(placementOf({ config: { ...config, num_replicas: 1 } }).leader).to.equal("the only server");
  });

  it("are whole when each copy was current at some moment, under one leader and without a break", () => {
    const only = (server: string): Placement => ({
      ...whole,
      others: whole.others.map((each) => ({ ...each, current: each.server === server })),
    });
    expect(incomplete(withEarlier(only("q-2"), undefined))).to.match(/not current on q-1/);
    expect(incomplete(withEarlier(only("q-2"), only("q-1")))).to.equal(undefined);
    expect(incomplete(withEarlier({ ...only("q-2"), leader: "q-1" }, only("q-1")))).to.match(/not current/);
    expect(incomplete(withEarlier(only("q-2"), { ...only("q-1"), moving: true }))).to.match(/not current on q-1/);
    const away = only("q-2").others.map((each) => ({ ...each, offline: each.server === "q-1" }));
    expect(incomplete(withEarlier({ ...only("q-2"), others: away }, only("q-1")))).to.match(/not current on q-1/);
  });

  it("allow the loss of a server only when a majority of current copies is elsewhere", () => {
    fc.assert(
      fc.property(placements, fc.constantFrom(...servers), (placement, lost) => {
        if (incomplete(placement, lost) !== undefined) return;
        const left = holders(placement).filter((server) => server !== lost);
        expect(left.length).to.be.greaterThan(placement.wanted / 2);
      }),
    );
  });

  it("never lose the only copy", () => {
    const only: Placement = { stream: "SAMPLES", wanted: 1, leader: "q-1", others: [], moving: false };
    expect(incomplete(only)).to.equal(undefined);
    expect(incomplete(only, "q-1")).to.match(/led by q-1/);
    expect(incomplete(only, "q-0")).to.equal(undefined);
  });

  it("change only where enough other servers exist", () => {
    fc.assert(
      fc.property(
        placements,
        fc.constantFrom(...servers),
        fc.integer({ min: 1, max: 4 }),
        (placement, server, stay) => {
          const [moved] = leaving([placement], server, stay);
          const should = placement.wanted <= stay && serversOf(placement).includes(server);
          expect(moved !== undefined).to.equal(should);
        },
      ),
    );
    expect(above([whole], 1)).to.have.length(1);
    expect(above([whole], 3)).to.have.length(0);
  });
});

describe("the queue's servers", () => {
  it("are three at least, and as many as copies", () => {
    expect([1, 3, 5].map(queueServers)).to.deep.equal([3, 3, 5]);
  });

  it("each find a volume, on as many nodes as possible", () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 5), fc.integer({ min: 1, max: 50 }), (copies, count) => {
        const nodes = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
        const volumes = queueVolumes(copies, nodes);
        expect(volumes.length).to.be.at.least(queueServers(copies));
        expect(new Set(volumes.map(({ name }) => name)).size).to.equal(volumes.length);
        expect(new Set(volumes.map(({ node, folder }) => `${node}${folder}`)).size).to.equal(volumes.length);
        if (count >= queueServers(copies)) expect(volumes.map(({ name }) => name)).to.deep.equal(nodes);
      }),
    );
  });
});
