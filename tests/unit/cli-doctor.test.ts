/**
 * Decisions of the preflight on given facts. Does not prove that the facts are collected correctly on every machine:
 * the cluster tests run `./cluster doctor`.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createContext, statePaths } from "@inaetics/stack";
import {
  Check,
  checkAddresses,
  checkDisk,
  checkDocker,
  checkKernel,
  checkMachine,
  checkMemory,
  Facts,
} from "../../cli/doctor/checks";
import { availableMemory } from "../../cli/doctor/facts";
import { networksOfStacks, parseRoutes } from "../../cli/doctor/networks";
import { plainKeys, rawSettings } from "../../cli/doctor/settings";
import { checkSupport } from "../../cli/doctor/support";
import { classifyDockerError } from "../../cli/setup/docker";
import { missingPrograms } from "../../cli/setup/packages";

const wanted = {
  nodes: 5,
  controllers: 1,
  boxProvider: "docker",
  flannelBackend: "vxlan",
  subnet: "172.30.8.0/24",
  podNetwork: "10.1.0.0/16",
  serviceNetwork: "10.3.0.0/16",
};

const good: Facts = {
  node: "20.20.2",
  programs: { docker: "20.10.24", vagrant: "2.3.4", ip: "6.1.0" },
  docker: { kind: "ready", driver: "overlay2" },
  memoryAvailable: 8e9,
  diskFree: { "/": 40e9 },
  warm: false,
  running: false,
  kernel: { overlay: true, vxlan: true, br_netfilter: true },
  networks: [{ cidr: "172.17.0.0/16", owner: "docker network bridge" }],
};

const failures = (facts: Partial<Facts>, what: Partial<typeof wanted> = {}): readonly Check[] =>
  checkMachine({ ...good, ...facts }, { ...wanted, ...what }).filter((check) => check.level === "failed");

describe("the preflight", () => {
  it("finds no problem on a suitable machine", () => expect(failures({})).to.deep.equal([]));

  it("gives every failure a cure", () => {
    const all = failures({
      node: "18.19.0",
      programs: { docker: undefined, vagrant: "2.1.0" },
      docker: { kind: "stopped", message: "Cannot connect" },
      memoryAvailable: 1e9,
      diskFree: { "/": 1e9 },
      kernel: { overlay: false, vxlan: false, br_netfilter: false },
      networks: [{ cidr: "172.30.0.0/16", owner: "route over tun0" }],
    });
    expect(all.map((check) => check.name)).to.deep.equal([
      "node",
      "docker",
      "vagrant",
      "docker daemon",
      "memory",
      "disk",
      "kernel: overlay",
      "kernel: vxlan",
      "kernel: br_netfilter",
      "addresses: subnet",
    ]);
    for (const check of all) expect(check.cure, check.name).to.be.a("string").that.is.not.empty;
  });

  for (const [version, fits] of [
    ["20.18.9", false],
    ["20.19.0", true],
    ["22.11.0", false],
    ["22.12.0", true],
    ["24.1.0", true],
  ] as const) {
    it(`${fits ? "takes" : "refuses"} node ${version}`, () =>
      expect(failures({ node: version })).to.have.length(fits ? 0 : 1));
  }

  it("needs more memory for more nodes, and none for boxes that run", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 64e9 }), (nodes, memoryAvailable) => {
        const one = checkMemory({ memoryAvailable, running: false }, { nodes, controllers: 1 }).level;
        const more = checkMemory({ memoryAvailable, running: false }, { nodes: nodes + 1, controllers: 1 }).level;
        if (one === "failed") expect(more).to.equal("failed");
        expect(checkMemory({ memoryAvailable, running: true }, { nodes, controllers: 1 }).level).to.equal("ok");
      }),
    );
    expect(failures({ memoryAvailable: 3e9 })[0]?.text).to.match(/3\.0 GB available; 4\.0 GB needed .* 5 nodes/);
  });

  it("needs 15 GB for the first set-up and 4 GB later", () => {
    expect(checkDisk("/", 14e9, false).level).to.equal("failed");
    expect(checkDisk("/", 14e9, true).level).to.equal("ok");
    expect(checkDisk("/", 3e9, true).level).to.equal("failed");
  });

  it("checks the kernel only where boxes share it, and vxlan only where it is used", () => {
    const kernel = { overlay: true, vxlan: false, br_netfilter: true };
    expect(checkKernel(kernel, { boxProvider: "virtualbox", flannelBackend: "vxlan" })).to.deep.equal([]);
    expect(failures({ kernel }, { flannelBackend: "host-gw" })).to.deep.equal([]);
    expect(failures({ kernel: { ...kernel, vxlan: undefined } })).to.deep.equal([]);
  });

  it("names the networks that overlap", () => {
    const networks = [{ cidr: "172.30.8.0/24", owner: "docker network theirs" }];
    expect(failures({ networks })[0]?.text).to.equal("172.30.8.0/24 overlaps 172.30.8.0/24 (docker network theirs)");
    expect(failures({ networks }, { subnet: "172.31.8.0/24" })).to.deep.equal([]);
  });

  it("only warns when pods hide a network of the machine", () => {
    const checks = checkMachine({ ...good, networks: [{ cidr: "10.0.0.0/8", owner: "route over eth0" }] }, wanted);
    expect(checks.filter((check) => check.level === "warning").map((check) => check.name)).to.deep.equal([
      "addresses: podNetwork",
      "addresses: serviceNetwork",
    ]);
  });

  it("distinguishes a stopped daemon from one that this user may not use", () => {
    const forbidden = classifyDockerError("Got permission denied while trying to connect to the Docker daemon socket");
    const stopped = classifyDockerError("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.");
    expect(checkDocker(forbidden).cure).to.contain("usermod -aG docker");
    expect(checkDocker(stopped).cure).to.contain("./cluster up");
  });
});

describe("the end of support", () => {
  const entry = { name: "node", version: "26.10.0", license: "MIT", supportedUntil: "2029-04-30", policy: "a rule" };

  for (const [today, level, text] of [
    ["2026-11-25", "ok", "until 2029-04-30"],
    ["2029-02-28", "ok", "until 2029-04-30"],
    ["2029-03-01", "warning", "ends in 60 days (2029-04-30)"],
    ["2029-03-02", "warning", "ends in 59 days (2029-04-30)"],
    ["2029-04-29", "warning", "ends in 1 day (2029-04-30)"],
    ["2029-04-30", "warning", "ends today (2029-04-30)"],
    ["2029-05-01", "warning", "ended (2029-04-30)"],
  ] as const) {
    it(`on ${today}: ${text}`, () => {
      const [check, ...others] = checkSupport([entry], today);
      expect(others).to.deep.equal([]);
      expect(check).to.include({ name: "support of node 26.10.0", level, text });
      if (level === "warning") expect(check?.cure).to.contain("git pull").and.contain("./cluster up");
      else expect(check?.cure).to.equal(undefined);
    });
  }

  it("is not checked where a release ends it, because only the registries know it", () =>
    expect(checkSupport([{ ...entry, supportedUntil: "release 27.0.0" }], "2029-05-01")).to.deep.equal([]));
});

describe("collecting facts", () => {
  it("reads the available memory in bytes", () =>
    expect(availableMemory("MemTotal: 8 kB\nMemAvailable:    2048 kB\n")).to.equal(2048 * 1024));

  it("reads networks from routes and leaves the default route out", () =>
    expect(
      parseRoutes(
        "default via 192.0.2.1 dev eth0 \n172.17.0.0/16 dev docker0 proto kernel scope link linkdown \n10.9.8.7 via 192.0.2.1 dev tun0 \n",
      ),
    ).to.deep.equal([
      { cidr: "172.17.0.0/16", owner: "route over docker0" },
      { cidr: "10.9.8.7/32", owner: "route over tun0" },
    ]));

  it("reads settings as Pulumi passes them to the program", () => {
    const text =
      'encryptionsalt: v1:x\nconfig:\n  inaetics:nodes: "3"\n  inaetics:producers: 2\n  inaetics:registryPassword:\n    secure: v1:abc\n  other:nodes: "9"\n';
    expect(rawSettings(text)).to.deep.equal({ nodes: "3", producers: "2", registryPassword: "encrypted" });
    expect(rawSettings("")).to.deep.equal({});
  });

  it("finds the settings that are not encrypted, with and without the namespace", () => {
    const text =
      "config:\n  inaetics:nodes: 3\n  registryPassword: plain\n  inaetics:dashboardPassword:\n    secure: v1:abc\n  other:a: b\n";
    expect(plainKeys(text)).to.deep.equal(["nodes", "registryPassword"]);
    expect(rawSettings(text)).to.deep.equal({
      nodes: "3",
      registryPassword: "plain",
      dashboardPassword: "encrypted",
    });
  });

  it("finds the programs that the package manager must install", () => {
    const missing = missingPrograms((program) => (program === "vagrant" ? undefined : `/usr/bin/${program}`));
    expect(missing.map((entry) => entry.package)).to.deep.equal(["vagrant"]);
  });
});

describe("the networks of other stacks", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-stacks-"));
  const context = { ...createContext({}, "second"), root, state: path.join(root, ".state") };
  after(() => fs.rmSync(root, { recursive: true }));

  it("count while they have resources, with the subnet of their settings", () => {
    const stack = (name: string, resources: readonly object[]) => {
      fs.mkdirSync(statePaths.stacks(context), { recursive: true });
      const text = JSON.stringify({ checkpoint: { latest: { resources } } });
      fs.writeFileSync(path.join(statePaths.stacks(context), `${name}.json`), text);
      fs.writeFileSync(path.join(root, `Pulumi.${name}.yaml`), 'config:\n  inaetics:subnet: "172.30.77.0/24"\n');
    };
    stack("first", [{ type: "pulumi:pulumi:Stack" }]);
    stack("second", [{ type: "pulumi:pulumi:Stack" }]);
    stack("third", []);
    const networks = networksOfStacks(context);
    expect(networks).to.deep.equal([{ cidr: "172.30.77.0/24", owner: "stack first" }]);
    const [check] = checkAddresses(networks, { ...wanted, subnet: "172.30.77.0/24" });
    expect(check).to.include({ level: "failed", text: "172.30.77.0/24 overlaps 172.30.77.0/24 (stack first)" });
  });
});
