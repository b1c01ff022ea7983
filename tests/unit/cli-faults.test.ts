/**
 * The catalogue of faults: targets, refusals, quoting and timers of their commands.
 * Does not prove: that a fault hits what it names (the cluster's part does for some), nor those of virtual machines.
 */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import type { Context } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import { catalogue, limits } from "../../cli/faults/catalogue";
import { faultOf, parseSeconds, planFault } from "../../cli/faults/plan";
import { activeFaults, describeFault, recordFile, writeRecord } from "../../cli/faults/record";
import { linkTargets, podOf, podTargets, type Scene, unitOf, unitTargets } from "../../cli/faults/scene";
import { armTimer, signalPod } from "../../cli/faults/scripts";
import { describeCatalogue } from "../../cli/faults/show";

const scene: Scene = {
  cluster: "inaetics-test",
  containers: true,
  boxes: { controller: "172.30.9.20", "node-1": "172.30.9.31", "node-2": "172.30.9.32" },
  pods: [
    { name: "inaetics-queue-0", label: "inaetics-queue-broker-pod", uid: "u-0", node: "node-1" },
    { name: "inaetics-queue-1", label: "inaetics-queue-broker-pod", uid: "u-1", node: "node-2" },
    { name: "inaetics-processor-controller-x", label: "inaetics-processor-pod", uid: "u-2", node: "node-1" },
  ],
};
const machines: Scene = { ...scene, containers: false };
const plan = (name: string, target?: string, seconds?: number, of = scene) =>
  planFault(of, "0a1b2c3d", faultOf(name), target, seconds);

/** Every fault with each of its targets that the scene allows. */
const all = [scene, machines].flatMap((each) =>
  catalogue
    .filter((fault) => fault.refusal?.(each) === undefined)
    .flatMap((fault) => fault.targets(each).map((target) => planFault(each, "0a1b2c3d", fault, target, undefined))),
);

function refusal(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("faults", () => {
  it("have commands that a shell can read, for all targets", () => {
    expect(all.length).to.be.above(50);
    const scripts = new Set(all.flatMap(({ actions }) => actions.flatMap(({ inject, heal = "" }) => [inject, heal])));
    for (const script of scripts) {
      const { status, stderr } = spawnSync("sh", ["-n"], { input: script, encoding: "utf8" });
      expect(status, `${stderr}\n${script}`).to.equal(0);
    }
  });

  it("that last have a heal for each action, and those of a moment have none", () => {
    for (const { fault, seconds, actions } of all) {
      expect(actions, fault.name).not.to.deep.equal([]);
      for (const { heal } of actions) expect(heal === undefined, fault.name).to.equal(seconds === null);
    }
  });

  it("have a limit of recovery for all targets", () => {
    for (const { fault, target } of all) expect(limits[fault.recovery(target)]).to.be.within(3, 60);
    expect(faultOf("kill").recovery("inaetics-queue-1")).to.equal("broker");
    expect(faultOf("kill").recovery("inaetics-queue-controller-abcde")).to.equal("pod");
    expect(faultOf("kill").recovery("etcd")).to.equal("controller");
    expect(faultOf("halt").recovery("node-1")).to.equal("node");
    expect(faultOf("partition").recovery("node-1,node-2")).to.equal("cluster");
  });

  it("refuse other targets, durations and names with those that are allowed", () => {
    expect(refusal(() => plan("halt", "node-9"))).to.include({
      message: `halt: got target "node-9"; allowed: controller, node-1, node-2`,
      cure: "Run: ./cluster fault inject halt --target TARGET",
    });
    expect(refusal(() => plan("kill")).message).to.match(/^kill: needs a target; allowed: etcd, apiserver/);
    expect(refusal(() => plan("kill", "etcd", 5)).message).to.match(/allowed: no --for/);
    expect(refusal(() => plan("explode")).message).to.match(/allowed: kill, freeze, stop/);
    for (const text of ["", "0", "-1s", "2h", "1d", "s"]) expect(() => parseSeconds(text), text).to.throw(Failure);
    expect([parseSeconds("45s"), parseSeconds("10m"), parseSeconds("7")]).to.deep.equal([45, 600, 7]);
  });

  it("that a container cannot have without harm to this machine are refused, with the reason", () => {
    expect(refusal(() => plan("full-disk", "node-1")).message).to.match(/share this machine's disk/);
    expect(refusal(() => plan("clock-step", "node-1")).message).to.match(/share this machine's clock/);
    expect(plan("full-disk", "node-1", 5, machines).actions[0]?.inject).to.match(/^fallocate/);
    expect(refusal(() => plan("halt", "node-1", 5, machines)).message).to.match(/virtual machines/);
    expect(describeCatalogue(scene).filter(({ refused }) => refused !== undefined)).to.have.length(2);
  });

  it("name units, pods by role or name, boxes, pairs and directions", () => {
    expect(unitTargets(scene)).to.include.members(["etcd", "kubelet@node-2", "flanneld@controller"]);
    expect(unitTargets(scene)).not.to.include("kubelet@controller");
    expect(unitOf("apiserver")).to.deep.equal({ box: "controller", unit: "kube-apiserver.service" });
    expect(unitOf("kubelet@node-1")).to.deep.equal({ box: "node-1", unit: "kubelet.service" });
    expect(podTargets(scene).slice(0, 2)).to.deep.equal(["broker", "processor"]);
    expect(podOf(scene, "broker")?.name).to.equal("inaetics-queue-0");
    expect(linkTargets(scene)).to.include.members(["node-1", "node-1,node-2", "node-2>node-1"]);
  });

  it("of one direction drop at the receiver only, and only what comes", () => {
    const [action, ...more] = plan("partition", "node-1>node-2").actions;
    expect(more).to.deep.equal([]);
    expect(action?.box).to.equal("node-2");
    expect(action?.inject).to.contain("172.30.9.31").and.not.to.contain(" -d ");
    const both = plan("partition", "node-1").actions[0]?.inject ?? "";
    expect(both).to.contain("172.30.9.20 172.30.9.32").and.to.contain(" -d ");
  });

  it("give any script to a timer unchanged, in a file", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary-ascii" }).filter((text) => !text.includes("\0")),
        (text) => {
          const [write = ""] = armTimer("id", 5, "about", text).split(" >/run/inaetics-fault-id\n");
          expect(spawnSync("sh", ["-c", write], { encoding: "utf8" }).stdout).to.equal(text);
        },
      ),
      { numRuns: 30 },
    );
    expect(armTimer("id", 5, "about", "true")).to.match(/--on-active=5 .*\/bin\/sh \/run\/inaetics-fault-id$/);
  });

  it("signal every process of a pod but its sandbox", () => {
    const self = signalPod("no-such-pod", "0");
    expect(spawnSync("sh", ["-ec", self]).status).to.equal(0);
    expect(self).to.contain("= pause ]");
  });

  it("are recorded until they end by themselves", () => {
    const run = mkdtempSync(path.join(os.tmpdir(), "inaetics-faults-"));
    const context = { run } as Context;
    try {
      const fault = { id: "a1", name: "partition", target: "node-1", from: 1000, to: 31_000 };
      writeRecord(context, fault);
      expect(activeFaults(context, 19_000)).to.deep.equal([fault]);
      expect(describeFault(fault, 19_000)).to.equal("partition of node-1, 12 s left");
      expect(activeFaults(context, 31_000)).to.deep.equal([]);
      expect(activeFaults(context, 19_000)).to.deep.equal([]);
      expect(recordFile(context, "a1")).to.equal(path.join(run, "faults", "a1.json"));
    } finally {
      rmSync(run, { recursive: true, force: true });
    }
  });
});
