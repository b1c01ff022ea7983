/**
 * Controllers join and leave etcd by the boxes' own script and the flags of their unit, with real members. Does not prove:
 * that boxes run them in this order, nor the program's (tests/controllers).
 */
import { rmSync } from "node:fs";
import { expect } from "chai";
import { eventuallyHolds } from "../support/eventually";
import { EtcdMember, type Ground, makeGround } from "../support/etcdmember";

describe("controllers as members of etcd", function () {
  this.timeout(180_000);
  let ground: Ground;
  let first: EtcdMember;
  let second: EtcdMember;
  let third: EtcdMember;
  let all: readonly EtcdMember[] = [];
  const configure = (controllers: readonly EtcdMember[]) => controllers.forEach((each) => each.configure(controllers));
  const voters = (...members: readonly EtcdMember[]) => members.map(({ name }) => `${name} false`).sort();
  const value = async (member: EtcdMember) => (await member.etcdctl("get", "--print-value-only", "/kept")).trim();

  before(async () => {
    ground = await makeGround();
    first = await EtcdMember.make(ground, "controller", "127.0.0.21");
    second = await EtcdMember.make(ground, "controller-2", "127.0.0.22");
    third = await EtcdMember.make(ground, "controller-3", "127.0.0.23");
    all = [first, second, third];
  });
  after(async () => {
    await Promise.all(all.map((member) => member.down()));
    rmSync(ground.folder, { recursive: true, force: true });
  });

  it("begins with one, whose peer address only its own box reaches", async () => {
    configure([first]);
    await first.up();
    await first.etcdctl("put", "/kept", "from the beginning");
    expect(await first.etcdctl("member", "list")).to.contain(`https://127.0.0.1:${ground.peer}`);
  });

  it("does not let a further one found a cluster of its own", async () => {
    configure(all);
    await first.down();
    const refusal = await second.run("prepare").then(() => "none", String);
    expect(refusal).to.contain("no majority of etcd answers");
  });

  it("takes two more in place, both at the same time, with all data", async () => {
    await first.up();
    await Promise.all([second.up(), third.up()]);
    expect(await third.members()).to.deep.equal(voters(first, second, third));
    expect(await value(third)).to.equal("from the beginning");
    expect(await first.etcdctl("member", "list")).not.to.contain("//127.0.0.1:");
  });

  it("refuses a peer that is not etcd", async () => {
    expect(await first.peerStatus("etcd")).to.equal(200);
    const refusal = await first.peerStatus("stranger").catch(String);
    expect(refusal).to.match(/alert|certificate|ECONNRESET|hang up/i);
  });

  it("serves without any one of them, and takes it back", async () => {
    for (const [lost, other] of [
      [first, second],
      [second, third],
      [third, first],
    ] as const) {
      await lost.down();
      await eventuallyHolds("a write", 10, () => other.etcdctl("put", "/kept", `without ${lost.name}`));
      await lost.up();
      expect(await value(lost)).to.equal(`without ${lost.name}`);
    }
  });

  it("replaces one that has lost its data, the first one as well, and never founds a second cluster", async () => {
    for (const lost of [second, first]) {
      await lost.down();
      lost.forget();
      await lost.up();
      expect(await lost.members()).to.deep.equal(voters(first, second, third));
      expect(await value(lost)).to.equal("without controller-3");
    }
  });

  it("refuses that one leaves while those that stay do not all serve", async () => {
    await second.down();
    const refusal = await first.run("leave", third.name).then(() => "none", String);
    expect(refusal).to.contain("not all members that stay are healthy");
    expect(await first.members()).to.deep.equal(voters(first, second, third));
    await second.up();
  });

  it("lets two leave in place, the leader too, and neither comes back by itself", async () => {
    const leader = (await third.isLeader()) ? third : second;
    if (!(await leader.isLeader())) await moveLeader(first, leader);
    configure([first]);
    await Promise.all([first.run("leave", second.name), first.run("leave", third.name)]);
    expect(await first.members()).to.deep.equal(voters(first));
    expect(await value(first)).to.equal("without controller-3");
    await third.down();
    const refusal = await third.run("prepare").then(() => "none", String);
    expect(refusal).to.contain("has left the cluster, and is not admitted yet");
    expect(await first.run("leave", third.name)).to.contain("is not a member");
  });

  it("takes one that has left again after it is admitted", async () => {
    configure(all);
    await second.down();
    for (const member of [second, third]) {
      await first.run("admit", member.name);
      await member.up();
    }
    expect(await first.members()).to.deep.equal(voters(first, second, third));
    expect(await value(second)).to.equal("without controller-3");
  });
});

/** Moves the leadership from the present leader; `any` is a member that knows it. */
async function moveLeader(any: EtcdMember, to: EtcdMember): Promise<void> {
  const lines = (await any.etcdctl("member", "list")).trim().split("\n");
  const id = lines.find((line) => line.split(", ")[2] === to.name)?.split(", ")[0] ?? "";
  await any.etcdctl("move-leader", id);
  await eventuallyHolds(`${to.name} leads`, 10, async () => {
    if (!(await to.isLeader())) throw new Error("it does not lead yet");
  });
}
