/**
 * Keys, endpoints, wires and the choice among them, as texts: every reader reads every writer's text, and no text stops
 * a reader. Not proven here: that etcd keeps them and leases heal (tests/services/discovery.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { offers } from "../../images/queue-agent/src/offers";
import {
  chooseRoute,
  discoveryTree,
  endpointKey,
  formatEndpoints,
  formatWire,
  natsWire,
  parseEndpoints,
  parseKey,
  parseWire,
  renderTree,
  routesTo,
  serviceKey,
  servicesIn,
  wireKey,
  wireUrl,
  type EndpointDescription,
  type Route,
  discoveryAccess,
  optionalDiscoveryAccess,
} from "@inaetics/discovery";
import { Environment } from "@inaetics/service";

const segment = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => !text.includes("/"));
const area = segment.filter((text) => text !== "discovery" && text !== "wiring");
// A reader omits this one name, because it would change the object's prototype.
const property = fc.string({ maxLength: 20 }).filter((name) => name !== "__proto__");
const properties = fc.dictionary(property, fc.string({ maxLength: 20 }));
const description: fc.Arbitrary<EndpointDescription> = fc.record({
  framework: segment,
  endpoints: fc.array(
    fc.record({
      id: segment,
      interface: fc.string({ minLength: 1, maxLength: 40 }),
      properties,
      wire: fc.record({ zone: segment, node: segment, id: segment }),
    }),
    { maxLength: 4 },
  ),
});

describe("discovery: keys", () => {
  it("say what they stand for, whatever the names in them", () => {
    fc.assert(
      fc.property(area, segment, segment, (a, b, c) => {
        expect(parseKey(serviceKey(a, b))).to.deep.equal({ kind: "service", service: a, id: b });
        expect(parseKey(endpointKey(b))).to.deep.equal({ kind: "endpoints", framework: b });
        expect(parseKey(wireKey({ zone: a, node: b, id: c }))).to.deep.equal({ kind: "wire", zone: a, node: b, id: c });
      }),
    );
  });

  it("refuse parts that would change their meaning", () => {
    for (const part of ["", "a/b", "/"]) {
      expect(() => serviceKey(part, "x")).to.throw(RangeError, "allowed");
      expect(() => serviceKey("x", part)).to.throw(RangeError, "allowed");
      expect(() => wireKey({ zone: "z", node: part, id: "w" })).to.throw(RangeError, "allowed");
    }
  });

  it("of other programs mean nothing and stop no reader", () => {
    for (const key of [
      "/inaetics/",
      "/inaetics/x",
      "/inaetics//x",
      "/inaetics/x/",
      "/registry/a/b",
      "/inaetics/a/b/c",
    ]) {
      expect(parseKey(key), key).to.equal(undefined);
    }
    fc.assert(fc.property(fc.string(), (key) => void parseKey(key)));
  });
});

describe("discovery: endpoints", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(description, (written) => {
        expect(parseEndpoints(formatEndpoints(written))).to.deep.equal({ ok: true, value: written });
      }),
    );
  });

  it("that cannot be read are a problem with a reason, never an exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = parseEndpoints(text);
        if (!read.ok) expect(read.problem).to.match(/./);
      }),
    );
    expect(parseEndpoints('{"framework":"f","endpoints":[{"id":"q"}]}'))
      .to.have.property("problem")
      .match(/interface/);
  });
});

describe("discovery: wires", () => {
  const key = fc.stringMatching(/^[a-z][a-zA-Z0-9.]{0,20}$/);
  const value = fc.string({ maxLength: 30 }).filter((text) => text === text.trim() && !/[\r\n]/.test(text));

  it("are read as they were written", () => {
    fc.assert(
      fc.property(fc.dictionary(key, value), (wire) => {
        expect(parseWire(formatWire(wire))).to.deep.equal({ ok: true, value: wire });
      }),
    );
  });

  it("refuse what would be read as something else", () => {
    for (const [key, value] of [
      ["a=b", "c"],
      ["", "x"],
      ["a", "b\nc=d"],
      [" a", "b"],
      ["#a", "b"],
      ["a", " b"],
    ] as const) {
      expect(() => formatWire({ [key]: value }), `${key} ${value}`).to.throw(RangeError);
    }
  });

  it("allow comments, blanks and any line's end, and name the line that is none", () => {
    expect(parseWire("# a wire\r\n a = b=c \r\n\r\n")).to.deep.equal({ ok: true, value: { a: "b=c" } });
    expect(parseWire("a=b\nnonsense\n"))
      .to.have.property("problem")
      .match(/line 2: got "nonsense"/);
    fc.assert(fc.property(fc.string(), (text) => void parseWire(text)));
  });

  it("to the broker are as the agents in Java and C read them", () => {
    const wire = natsWire("nats://inaetics-queue.inaetics.svc:4222");
    expect(formatWire(wire)).to.equal(
      "inaetics.wiring.config=inaetics.wiring.nats\n" +
        "inaetics.wiring.nats.version=1.0\n" +
        "inaetics.wiring.nats.url=nats://inaetics-queue.inaetics.svc:4222\n" +
        "inaetics.wiring.nats.secure=no\n",
    );
    expect(wireUrl(wire)).to.equal("nats://inaetics-queue.inaetics.svc:4222");
    expect(wireUrl({ "inaetics.wiring.config": "unknown" })).to.equal(undefined);
  });
});

describe("discovery: who is used", () => {
  const entries = new Map(
    Object.entries({ ...offers("queue-b", "nats://b:4222"), ...offers("queue-a", "nats://a:4222") }),
  );

  it("finds what the queue agent offers, over its wires", () => {
    expect(entries.size).to.equal(8);
    for (const id of ["queue", "store", "statistics"]) {
      expect(routesTo(entries, id).map(({ framework, url }) => [framework, url])).to.deep.equal([
        ["queue-a", "nats://a:4222"],
        ["queue-b", "nats://b:4222"],
      ]);
    }
    expect(routesTo(entries, "queue")[0]?.endpoint).to.deep.include({
      interface: "org.inaetics.demonstrator.api.SampleQueue",
      properties: { stream: "SAMPLES", subjects: "samples.>", consumer: "processors" },
    });
    expect(routesTo(entries, "nothing")).to.deep.equal([]);
  });

  it("leaves out endpoints without a wire, and values that cannot be read", () => {
    const broken = new Map(entries);
    broken.delete(wireKey({ zone: "zone1", node: "queue-a", id: "queue" }));
    broken.set(endpointKey("queue-c"), "nonsense");
    expect(routesTo(broken, "queue").map(({ framework }) => framework)).to.deep.equal(["queue-b"]);
  });

  it("stays with the current one while it is offered, and with the last one when none is", () => {
    const [a, b] = routesTo(entries, "queue") as [Route, Route];
    expect(chooseRoute([a, b], undefined)).to.equal(a);
    expect(chooseRoute([a, b], b)).to.equal(b);
    expect(chooseRoute([a], b)).to.equal(a);
    expect(chooseRoute([], b)).to.equal(b);
    expect(chooseRoute([a, { ...b, url: "nats://new:4222" }], b)?.url).to.equal("nats://new:4222");
  });

  it("lists the instances of one service only", () => {
    const services = new Map([
      [serviceKey("s", "b"), "1:1"],
      [serviceKey("s", "a"), "2:2"],
      [serviceKey("st", "c"), "3:3"],
      [`${serviceKey("s", "d")}/x`, "4:4"],
    ]);
    expect(servicesIn(services, "s")).to.deep.equal([
      { id: "a", address: "2:2" },
      { id: "b", address: "1:1" },
    ]);
  });
});

describe("discovery: the tree", () => {
  it("shows services, endpoints and wires with what their leases have left", () => {
    const leaves = [
      { key: serviceKey("node-agent-service", "inaetics-agent-x"), value: "10.1.2.3:8080", secondsLeft: 12 },
      ...Object.entries(offers("queue-1", "nats://q:4222")).map(([key, value]) => ({ key, value, secondsLeft: 9 })),
      { key: "/inaetics/strange", value: "\u001b[31mred", secondsLeft: null },
    ];
    const text = renderTree(discoveryTree(leaves));
    expect(text).to.match(/^node-agent-service\n {2}inaetics-agent-x {2}10\.1\.2\.3:8080 {2}12 s left$/m);
    expect(text).to.match(
      /queue-1 {2}store +org\.inaetics\.demonstrator\.api\.ResultStore +wire zone1\/queue-1\/store/,
    );
    expect(text).to.match(/zone1\/queue-1\/queue +nats:\/\/q:4222 {2}9 s left/);
    expect(text)
      .to.match(/not understood\n {2}\/inaetics\/strange .*no lease/)
      .and.not.include("\u001b");
  });

  it("says that nothing is registered", () =>
    expect(renderTree(discoveryTree([]))).to.equal("Nothing is registered in discovery.\n"));

  it("takes whatever is in etcd, loses no key and steers no terminal", () => {
    const leaf = fc.record({
      key: fc.oneof(
        fc.string(),
        segment.map((text) => `/inaetics/discovery/${text}`),
        segment.map((text) => `/inaetics/wiring/z/n/${text}`),
      ),
      value: fc.string({ unit: "binary" }),
      secondsLeft: fc.option(fc.nat(20)),
    });
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 8 }), (leaves) => {
        const tree = discoveryTree(leaves);
        const { services, frameworks, wires, others } = tree;
        expect(services.length + frameworks.length + wires.length + others.length).to.equal(leaves.length);
        expect(renderTree(tree).replaceAll("\n", "")).not.to.match(/\p{Cc}/u);
      }),
      { numRuns: 50 },
    );
  }).timeout(20_000);
});

describe("discovery: settings", () => {
  it("are endpoints separated by commas and a folder", () => {
    const variables = { ETCD_ENDPOINTS: "https://a:2379, https://b:2379" };
    expect(discoveryAccess(new Environment(variables))).to.deep.equal({
      endpoints: ["https://a:2379", "https://b:2379"],
      folder: "/etc/inaetics/discovery",
    });
    expect(optionalDiscoveryAccess(new Environment({}))).to.equal(undefined);
    const environment = new Environment({});
    discoveryAccess(environment);
    expect(() => environment.check()).to.throw("ETCD_ENDPOINTS");
  });
});
