/** Settings and plan. It does not prove that Pulumi hands the configuration over; the engine layer does. */
import { expect } from "chai";
import * as fc from "fast-check";
import * as ipaddr from "ipaddr.js";
import {
  addressAt,
  networksOverlap,
  parseSettings,
  planCluster,
  type RawSettings,
  SettingsError,
} from "@inaetics/model/cluster";
import { defaultPolicy } from "@inaetics/autoscaling";

function problems(raw: RawSettings): readonly string[] {
  try {
    parseSettings(raw);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  it("has the documented defaults", () => {
    expect(parseSettings({})).to.deep.equal({
      boxProvider: "docker",
      nodes: 5,
      controllers: 1,
      maxProducers: 4,
      producers: 1,
      celixProducers: 0,
      maxProcessors: 8,
      minProcessors: 1,
      autoscaling: defaultPolicy,
      subnet: "172.30.8.0/24",
      podNetwork: "10.1.0.0/16",
      serviceNetwork: "10.3.0.0/16",
      flannelBackend: "vxlan",
      flannelEtcdPrefix: "/coreos.com/network",
      viewerPort: 80,
      provisioningPort: 90,
      queueReplicas: 3,
      queueCapacity: 10_000,
      registryUser: "inaetics",
      protect: false,
    });
  });

  it("takes protection as true or false only", () => {
    expect(parseSettings({ protect: "true" }).protect).to.equal(true);
    expect(problems({ protect: "yes" })).to.deep.equal([
      'protect: got "yes"; allowed: true, false; do: pulumi config set protect false',
    ]);
  });

  it("takes the classic subnet for virtual machines", () => {
    expect(parseSettings({ boxProvider: "virtualbox" }).subnet).to.equal("172.17.8.0/24");
  });

  it("has a single broker where three would not fit", () => {
    expect(parseSettings({ nodes: "2" }).queueReplicas).to.equal(1);
    expect(problems({ nodes: "2", queueReplicas: "3" })).to.have.length(1);
  });

  for (const nodes of ["0", "-1", "500", "many", "1.5", ""]) {
    it(`refuses nodes ${JSON.stringify(nodes)} and names the range`, () => {
      expect(problems({ nodes })).to.deep.equal([
        `nodes: got ${JSON.stringify(nodes)}; allowed: a whole number from 1 to 50; do: pulumi config set nodes 5`,
      ]);
    });
  }

  it("takes parts of the autoscaling policy, within the processors' limits", () => {
    const autoscaling = JSON.stringify({ policy: "slope", drain: { targetSeconds: 10 } });
    const { autoscaling: policy } = parseSettings({ autoscaling, minProcessors: "2", maxProcessors: "6" });
    expect(policy).to.deep.include({ policy: "slope", min: 2, max: 6, drain: { targetSeconds: 10 } });
  });

  for (const [autoscaling, complaint] of [
    ["drain", /^autoscaling: got "drain"; allowed: an object of parameters; do: /],
    ['{"policy":"fast"}', /^autoscaling\.policy: got "fast"; allowed: slope, drain/],
    ['{"drain":{"targetSeconds":-1}}', /^autoscaling\.drain\.targetSeconds: got -1; allowed: /],
    ['{"speed":1}', /^autoscaling: speed is not known; allowed: policy, /],
    ['{"max":3}', /^autoscaling\.max: got 3; allowed: only the setting maxProcessors sets it; do: /],
  ] as const) {
    it(`refuses autoscaling ${autoscaling}, and says what is allowed`, () => {
      expect(problems({ autoscaling })).to.have.length(1);
      expect(problems({ autoscaling })[0]).to.match(complaint);
    });
  }

  it("refuses fewer processors at most than at least", () => {
    expect(problems({ minProcessors: "4", maxProcessors: "3" })).to.deep.equal([
      'minProcessors: got "4"; allowed: a whole number from 1 to 3; do: pulumi config set minProcessors 1',
    ]);
  });

  it("refuses more producers than maxProducers", () => {
    expect(problems({ producers: "99" })).to.deep.equal([
      'producers: got "99"; allowed: a whole number from 0 to 4; do: pulumi config set producers 1',
    ]);
    expect(parseSettings({ producers: "9", maxProducers: "9" }).producers).to.equal(9);
  });

  it("counts both kinds of producers against maxProducers", () => {
    expect(parseSettings({ producers: "1", celixProducers: "3" }).celixProducers).to.equal(3);
    expect(problems({ producers: "2", celixProducers: "3" })).to.deep.equal([
      'celixProducers: got "3"; allowed: a whole number from 0 to 2; do: pulumi config set celixProducers 0',
    ]);
    expect(parseSettings({ maxProducers: "0" })).to.include({ producers: 0, celixProducers: 0 });
  });

  it("refuses one port for two pages", () => {
    expect(problems({ viewerPort: "90" })).to.deep.equal([
      'provisioningPort: got "90"; allowed: a port other than viewerPort\'s; do: pulumi config set provisioningPort 91',
    ]);
  });

  it("reports all problems at once", () => {
    const all = problems({ nodez: "3", boxProvider: "kvm", subnet: "1.2.3/24", podNetwork: "10.3.0.0/17", nodes: "0" });
    expect(all.map((problem) => problem.split(":")[0])).to.have.members([
      "nodez",
      "boxProvider",
      "subnet",
      "nodes",
      "serviceNetwork",
    ]);
    expect(all.every((problem) => / (got|is not) .*; allowed: .*; do: /.test(problem))).to.equal(true);
  });

  it("refuses a network that does not begin at its first address", () => {
    expect(problems({ subnet: "172.30.8.1/24" })).to.have.length(1);
  });

  it("refuses a pod network without a subnet for every box", () => {
    expect(problems({ podNetwork: "10.1.0.0/22", nodes: "5" })[0]).to.match(/^podNetwork: .*more than 6 \/24 subnets/);
  });

  it("never shows a secret that it refuses", () => {
    expect(problems({ registryPassword: "p w" }).join()).not.to.contain("p w");
  });

  it("refuses a secret that is not encrypted, with its other problems, and does not show it", () => {
    const raw = { registryPassword: "p w", dashboardPassword: "long-enough", nodes: "0" };
    const problemsOf = () => parseSettings(raw, ["nodes", "registryPassword"]);
    expect(problemsOf).to.throw(SettingsError).with.property("problems").that.has.length(2);
    expect(problemsOf).to.throw(
      "registryPassword: got a plain value; allowed: an encrypted one; do: pulumi config set --secret registryPassword",
    );
    expect(problemsOf).not.to.throw("p w");
    expect(() => parseSettings({ dashboardPassword: "long-enough" }, [])).not.to.throw();
  });

  it("accepts or explains any text, and nothing else", () => {
    const keys = [
      "nodes",
      "producers",
      "subnet",
      "podNetwork",
      "serviceNetwork",
      "boxProvider",
      "queueReplicas",
      "flannelEtcdPrefix",
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.string()), (raw) => {
        const found = problems(raw);
        if (found.length === 0) parseSettings(raw);
        return found.every((problem) => keys.includes(problem.split(":")[0] ?? ""));
      }),
    );
  });
});

const cidr = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 8, max: 30 }))
  .map(
    ([bits, prefix]) =>
      ipaddr.IPv4.networkAddressFromCIDR(`${addressAt("0.0.0.0/0", bits)}/${prefix}`).toString() + `/${prefix}`,
  );

describe("networksOverlap", () => {
  const range = (text: string) => {
    const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
    const first = address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
    return [first, first + 2 ** (32 - prefix) - 1] as const;
  };

  it("agrees with comparing the first and last addresses", () => {
    fc.assert(
      fc.property(cidr, cidr, (one, other) => {
        const [first, last] = range(one);
        const [otherFirst, otherLast] = range(other);
        return networksOverlap(one, other) === (first <= otherLast && otherFirst <= last);
      }),
    );
  });
});

describe("plan", () => {
  it("gives the classic last octets", () => {
    const plan = planCluster(parseSettings({ nodes: "2" }), "dev");
    expect(plan).to.deep.include({
      cluster: "inaetics-dev",
      controller: { name: "controller", address: "172.30.8.20" },
      controllers: [{ name: "controller", address: "172.30.8.20" }],
      apiServer: "https://172.30.8.20:6443",
      boxApiServer: "https://172.30.8.20:6443",
      etcdMembers: ["https://172.30.8.20:2379"],
      nodes: {
        "node-1": { name: "node-1", address: "172.30.8.31" },
        "node-2": { name: "node-2", address: "172.30.8.32" },
      },
      apiServiceAddress: "10.3.0.1",
      dnsAddress: "10.3.0.10",
      registry: "172.30.8.20:5000",
    });
  });

  it("keeps all addresses with three controllers, whose API servers each box reaches by its own balancer", () => {
    const one = planCluster(parseSettings({ nodes: "2" }), "dev");
    const three = planCluster(parseSettings({ nodes: "2", controllers: "3" }), "dev");
    expect(three.controllers).to.deep.equal([
      { name: "controller", address: "172.30.8.20" },
      { name: "controller-2", address: "172.30.8.21" },
      { name: "controller-3", address: "172.30.8.22" },
    ]);
    expect(three).to.deep.include({
      nodes: one.nodes,
      registry: one.registry,
      etcd: one.etcd,
      apiServer: one.apiServer,
    });
    expect(three.boxApiServer).to.equal("https://127.0.0.1:6444");
  });

  it("allows no number of controllers with which a loss is worse than with fewer", () => {
    for (const controllers of ["0", "2", "4", "5", "three"]) {
      expect(() => parseSettings({ controllers })).to.throw(
        `controllers: got ${JSON.stringify(controllers)}; allowed: 1 or 3; do: pulumi config set controllers 1`,
      );
    }
  });

  it("gives every box an address of its own inside the subnet, and keeps it when nodes are added", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 49 }), (nodes) => {
        const plan = planCluster(parseSettings({ nodes: String(nodes) }), "dev");
        const larger = planCluster(parseSettings({ nodes: String(nodes + 1) }), "dev");
        const addresses = [plan.controller, ...Object.values(plan.nodes)].map((box) => box.address);
        expect(new Set(addresses).size).to.equal(nodes + 1);
        expect(addresses.every((address) => networksOverlap(`${address}/32`, "172.30.8.0/24"))).to.equal(true);
        expect(larger.nodes).to.deep.include(plan.nodes);
      }),
    );
  });
});
