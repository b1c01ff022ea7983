/**
 * The whole program with three controllers, by Pulumi's mocks: which resources each of them adds to those of one. Does not
 * prove: that they can be made, nor in which order (tests/controllers).
 */
import { expect } from "chai";
import { useProgramCache } from "./program-cache";
import { type ProgramRun, type Registered, runProgram } from "./program-mocks";

const remote = "command:remote:Command";

describe("the program with three controllers", function () {
  this.timeout(180_000);
  let one: ProgramRun;
  let three: ProgramRun;
  useProgramCache();
  const added = (): readonly Registered[] => {
    const before = new Set(one.registered.map(({ type, name }) => `${type} ${name}`));
    return three.registered.filter(({ type, name }) => !before.has(`${type} ${name}`));
  };
  const named = (name: string): Registered | undefined => three.registered.find((each) => each.name === name);

  before(async () => {
    one = await runProgram({ "inaetics:nodes": "3" });
    three = await runProgram({ "inaetics:nodes": "3", "inaetics:controllers": "3" });
  });

  it("keeps every resource of one controller", () => {
    const names = new Set(three.registered.map(({ type, name }) => `${type} ${name}`));
    expect(one.registered.filter(({ type, name }) => !names.has(`${type} ${name}`))).to.deep.equal([]);
  });

  it("adds to them exactly two boxes with their configuration, conditions, membership, network and images", () => {
    const parts = (number: number) => [
      ...["host-key", "machine", "survey"].map((part) => `controller-${number}-${part}`),
      ...["roll", "sweep", "traffic-met"].map((part) => `pod-network-controller-${number}-${part}`),
      ...["certificates", "apply", "versions"].map((part) => `control-plane-${number}-configuration-${part}`),
      ...["etcd-met", "api-met", "registry-met", "membership", "images"].map(
        (part) => `control-plane-${number}-${part}`,
      ),
    ];
    const own = added().filter(({ type }) => !type.startsWith("inaetics:"));
    expect(own.map(({ name }) => name)).to.have.members([...parts(2), ...parts(3)]);
  });

  it("gives them the addresses after the first one's, and exports all", () => {
    expect(three.outputs["nodes"]).to.include({
      controller: "172.30.8.20",
      "controller-2": "172.30.8.21",
      "controller-3": "172.30.8.22",
      "node-1": "172.30.8.31",
    });
    expect(three.outputs["etcd"]).to.deep.equal([20, 21, 22].map((last) => `https://172.30.8.${last}:2379`));
  });

  it("signs tokens of service accounts with one key", () => {
    const requested = three.registered
      .filter(({ type }) => type === "pulumi-nodejs:dynamic/pki:Certificates")
      .filter(({ inputs }) => "service-account" in (inputs["requests"] as object));
    expect(requested.map(({ name }) => name)).to.deep.equal(["control-plane-configuration-certificates"]);
  });

  it("takes a controller out of etcd before its box is removed, by the first controller", () => {
    const membership = named("control-plane-3-membership");
    expect(membership?.inputs["delete"]).to.equal("sudo /opt/inaetics/vagrant/scripts/etcd-member leave controller-3");
    expect(JSON.stringify(membership?.inputs["connection"])).to.contain('"host":"172.30.8.20"');
  });

  it("copies every image to the registries of the further ones, and builds each once", () => {
    const images = (run: ProgramRun) => run.registered.filter(({ type }) => type === "docker:index/image:Image");
    expect(images(three).map(({ name }) => name)).to.have.members(images(one).map(({ name }) => name));
    const copy = named("control-plane-2-images");
    expect(copy?.type).to.equal(remote);
    for (const { name } of images(three)) expect(copy?.inputs["create"]).to.contain(`${name}@sha256:0`);
  });
});
