/** Decisions of stop and start. Does not prove: that boxes halt and come back (tests/cluster). */
import { expect } from "chai";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createContext, statePaths } from "@inaetics/stack";
import { stoppedSince } from "../../cli/boxes/states";
import { machinesOf } from "../../cli/power/machines";
import { openNodes, openWorkloads, type ReadObject } from "../../cli/power/ready";

const machine = (name: string, environment: unknown = { INAETICS_CLUSTER: "inaetics-dev" }) => ({
  urn: `urn:pulumi:dev::inaetics::inaetics:box:Boxes$inaetics:box:VagrantBox$command:local:Command::${name}-machine`,
  type: "command:local:Command",
  inputs: { environment },
});

describe("the recorded machines", () => {
  it("are the boxes' commands, the controllers first, with their environment", () => {
    const other = { urn: "urn:pulumi:dev::inaetics::command:local:Command::some-machine", type: "x" };
    const found = machinesOf([machine("node-1"), other, machine("controller"), machine("controller-2")]);
    expect(found.map(({ name }) => name)).to.deep.equal(["controller", "controller-2", "node-1"]);
    expect(found[0]?.environment).to.deep.equal({ INAETICS_CLUSTER: "inaetics-dev" });
  });

  it("are refused when their environment has another form", () => {
    expect(() => machinesOf([machine("node-1", { A: { secret: true } })])).to.throw();
  });
});

describe("a stopped cluster", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-stop-"));
  const context = createContext({ INAETICS_STATE: folder }, "one");
  const box = (state: string) => ({ name: "inaetics-one-node-1", id: "1", state, status: "" });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("is one that was stopped and of which no box runs", () => {
    expect(stoppedSince(context, [box("exited")])).to.equal(undefined);
    fs.mkdirSync(context.run, { recursive: true });
    fs.writeFileSync(statePaths.stopped(context), "2025-01-31T13:05:09.000Z\n");
    expect(stoppedSince(context, [box("exited")])).to.equal("2025-01-31T13:05:09.000Z");
    expect(stoppedSince(context, [])).to.equal("2025-01-31T13:05:09.000Z");
    expect(stoppedSince(context, [box("exited"), box("running")])).to.equal(undefined);
  });
});

describe("a started cluster", () => {
  const node = (name: string, ready: boolean): ReadObject => ({
    metadata: { name },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }] },
  });
  const lease = (name: string, renewTime: string): ReadObject => ({ metadata: { name }, spec: { renewTime } });
  const started = Date.parse("2025-01-31T13:00:00Z");
  const [before, after] = ["2025-01-31T12:59:59.000000Z", "2025-01-31T13:00:05.000000Z"];

  it("waits for nodes that only seem Ready, because their state is from before the stop", () => {
    expect(openNodes(["a"], [node("a", true)], [lease("a", before)], started)).to.deep.equal(["a"]);
    expect(openNodes(["a"], [node("a", true)], [], started)).to.deep.equal(["a"]);
    expect(openNodes(["a"], [node("a", false)], [lease("a", after)], started)).to.deep.equal(["a"]);
    expect(openNodes(["a"], [], [], started)).to.deep.equal(["a"]);
    expect(openNodes(["a"], [node("a", true)], [lease("a", after)], started)).to.deep.equal([]);
  });

  it("waits for workloads with fewer ready pods than requested; the API leaves out a count of 0", () => {
    expect(
      openWorkloads([{ metadata: { name: "x" }, spec: { replicas: 2 }, status: { readyReplicas: 1 } }]),
    ).to.deep.equal(["x 1 of 2"]);
    expect(openWorkloads([{ metadata: { name: "x" }, spec: { replicas: 0 }, status: {} }])).to.deep.equal([]);
  });
});
