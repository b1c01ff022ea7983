/**
 * The real program in the real engine, called as a user does: configurations that must be refused before anything is made,
 * and that the next correct one is taken.
 *
 * Does not prove that an accepted configuration can be built (the cluster layer does), nor every single limit of a setting
 * (the unit layer does).
 */
import { expect } from "chai";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type Finished, Project } from "../support/cluster/project";

describe("the program in the engine", function () {
  this.timeout(300_000);
  let folder: string;
  let project: Project;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "inaetics-program-"));
    project = new Project(path.join(folder, "project"), "refusals");
    await project.succeed(["pulumi", "stack", "ls"]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const preview = (settings: Readonly<Record<string, string | number>>, command = ["preview"]): Promise<Finished> => {
    project.configure(settings);
    return project.run(["pulumi", ...command, "--non-interactive", "--color", "never"]);
  };

  /** All resources in the state, except the stack itself. */
  const made = (): readonly { readonly urn: string }[] => {
    const file = project.file(".state/pulumi/.pulumi/stacks/inaetics/refusals.json");
    interface State {
      readonly checkpoint: { readonly latest?: { readonly resources?: readonly { readonly urn: string }[] } | null };
    }
    const state = JSON.parse(readFileSync(file, "utf8")) as State;
    return (state.checkpoint.latest?.resources ?? []).filter(({ urn }) => !urn.includes("pulumi:pulumi:Stack"));
  };

  const refused = (outcome: Finished, ...messages: readonly (string | RegExp)[]): void => {
    expect(outcome.code, outcome.text).to.be.greaterThan(0);
    for (const message of messages) expect(outcome.text).to.match(new RegExp(message));
    expect(outcome.text, "one clear message, and no stack trace").not.to.match(/^\s+at .*:\d+:\d+\)?$/m);
    // Measured: 3 s alone, 12 s on a busy machine of 2 cores.
    expect(outcome.seconds).to.be.lessThan(45);
    expect(made()).to.deep.equal([]);
  };

  it("reports all wrong settings at once: key, value, allowed values, cure", async () => {
    const outcome = await preview({ nodez: 3, boxProvider: "kvm", nodes: 0, producers: 99, subnet: "172.30.8/24" });
    refused(
      outcome,
      "nodez: is not a setting; allowed: .*; do: pulumi config rm nodez",
      'boxProvider: got "kvm"; allowed: docker, virtualbox, libvirt; do: pulumi config set boxProvider docker',
      'nodes: got "0"; allowed: a whole number from 1 to 50; do: pulumi config set nodes 5',
      'producers: got "99"; allowed: a whole number from 0 to 4; do: pulumi config set producers 1',
      'subnet: got "172.30.8/24"; allowed: an IPv4 network in CIDR notation',
    );
    expect(outcome.text).to.contain("The configuration has 5 problems:");
  });

  it("refuses networks that overlap, and a negative number of nodes", async () => {
    const outcome = await preview({ podNetwork: "10.0.0.0/8", nodes: -1 });
    refused(
      outcome,
      'serviceNetwork: got "10.3.0.0/16"; allowed: a network that does not overlap podNetwork 10.0.0.0/8',
      'nodes: got "-1"; allowed: a whole number from 1 to 50',
    );
  });

  it("refuses with up as with preview", async () => {
    refused(await preview({ nodes: 500 }, ["up", "--yes", "--skip-preview"]), 'nodes: got "500"; allowed: .* 1 to 50');
  });

  it("takes the correct configuration afterwards, and only plans it", async () => {
    const outcome = await preview({ nodes: 2, producers: 4 });
    expect(outcome.code, outcome.text).to.equal(0);
    for (const box of ["controller", "node-1", "node-2"])
      expect(outcome.text).to.match(new RegExp(`${box}-machine +create`));
    expect(outcome.text).not.to.contain("node-3-machine");
    expect(made()).to.deep.equal([]);
  });

  describe("beside a cluster of another network", () => {
    const record = (): string => project.file(".state/run/refusals/foundation.json");
    const lost = /subnet: got 172\.30\.9\.0\/24; allowed: 172\.30\.8\.0\/24.*\n.*samples, results.*are lost/;

    before(() => {
      const made = { boxProvider: "docker", subnet: "172.30.8.0/24", podNetwork: "10.1.0.0/16" };
      mkdirSync(path.dirname(record()), { recursive: true });
      writeFileSync(record(), JSON.stringify({ ...made, serviceNetwork: "10.3.0.0/16" }));
    });
    after(() => rmSync(record()));

    it("warns in a preview that all data would be lost, and shows the changes", async () => {
      const outcome = await preview({ nodes: 2, subnet: "172.30.9.0/24" });
      expect(outcome.code, outcome.text).to.equal(0);
      expect(outcome.text).to.match(lost);
      expect(outcome.text).to.match(/node-2-machine +create/);
    });

    it("refuses up before a box is touched", async () => {
      const outcome = await preview({ nodes: 2, subnet: "172.30.9.0/24" }, ["up", "--yes", "--skip-preview"]);
      expect(outcome.code).to.be.greaterThan(0);
      expect(outcome.text).to.match(lost).and.to.contain("./cluster up --accept-data-loss");
      expect(made().filter(({ urn }) => /VagrantBox|foundation/.test(urn))).to.deep.equal([]);
    });

    it("refuses ./cluster up without the option, with the commands to go on", async () => {
      const outcome = await project.run(["up"]);
      expect(outcome.code).to.equal(1);
      expect(outcome.text).to.match(lost);
      expect(outcome.text).to.contain("./cluster --stack refusals pulumi config set subnet 172.30.8.0/24");
    });
  });

  it("refuses a stack's name that cannot be part of a host's", async () => {
    const outcome = await project.run(["--stack", "Not_A_Name", "pulumi", "preview"]);
    expect(outcome.code).to.equal(1);
    expect(outcome.text).to.match(/stack: got "Not_A_Name"; allowed are 1 to 20 lower-case letters/);
  });
});
