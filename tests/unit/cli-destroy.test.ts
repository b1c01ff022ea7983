/**
 * Options, questions and lists of `./cluster destroy`, and the hints that name a stack. Does not prove that anything is
 * removed: the cluster tests do.
 */
import { Command } from "commander";
import { expect } from "chai";
import fc from "fast-check";
import { clusterCommand, createContext, nameStack } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import { registerCommands } from "../../cli/commands";
import { requireConfirmation } from "../../cli/lifecycle/destroy";
import { describeRemoval } from "../../cli/lifecycle/losses";
import { removalOf } from "../../cli/lifecycle/removal";

/** Parses `./cluster destroy ARGS`. Throws for arguments that are refused before anything is touched. */
function parsed(...args: readonly string[]): {
  readonly options: Record<string, unknown>;
  readonly operands: readonly string[];
} {
  const program = new Command().enablePositionalOptions();
  registerCommands(program, () => createContext({}));
  const command = program.commands.find((each) => each.name() === "destroy");
  if (command === undefined) throw new Error("no command destroy");
  let operands: readonly string[] = [];
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  command.action(() => {
    operands = command.args;
  });
  command.parse(args, { from: "user" });
  return { options: command.opts(), operands };
}

describe("the arguments of destroy", () => {
  it("refuse words, and options that it does not know, before anything is touched", () => {
    for (const args of [["foo"], ["--", "foo"], ["--targets", "x"], ["--", "--target", "x"], ["--stack", "dev"]]) {
      expect(() => parsed(...args), args.join(" ")).to.throw(/too many arguments|unknown option/);
    }
  });

  it("become options of pulumi destroy", () => {
    const { options } = parsed("--target", "a", "--target", "b", "--target-dependents", "--parallel", "4");
    expect(removalOf(options)).to.deep.equal({
      kind: "part",
      args: ["--target", "a", "--target", "b", "--target-dependents", "--parallel", "4"],
    });
    expect(removalOf(parsed("--yes").options)).to.deep.equal({ kind: "all", args: [] });
    expect(removalOf(parsed("--preview-only").options)).to.deep.equal({ kind: "preview", args: [] });
    expect(removalOf(parsed("--exclude", "a").options)).to.deep.equal({ kind: "part", args: ["--exclude", "a"] });
    expect(removalOf(parsed("-y", "--force-boxes").options)).to.deep.equal({ kind: "boxes", args: [] });
  });

  it("refuse combinations that could remove more than was meant", () => {
    for (const args of [
      ["--force-boxes", "--target", "a"],
      ["--force-boxes", "--preview-only"],
      ["--target-dependents"],
      ["--exclude-dependents"],
      ["--parallel", "many"],
    ]) {
      expect(() => removalOf(parsed(...args).options), args.join(" ")).to.throw(Failure);
    }
  });
});

describe("the confirmation of destroy", () => {
  const terminal = process.stdin.isTTY;
  afterEach(() => (process.stdin.isTTY = terminal));

  it("needs --yes without a terminal, and names the command", () => {
    process.stdin.isTTY = false;
    expect(() => requireConfirmation({ kind: "all", args: [] }, false)).to.throw(Failure, /without a terminal/);
    try {
      requireConfirmation({ kind: "boxes", args: [] }, false);
      expect.fail("was not refused");
    } catch (error) {
      expect((error as Failure).cure).to.contain("./cluster destroy --yes --force-boxes\n");
    }
    requireConfirmation({ kind: "all", args: [] }, true);
    requireConfirmation({ kind: "preview", args: [] }, false);
  });

  it("shows boxes, volumes and the data in them", () => {
    const object = { checkout: "", folder: "", state: "" };
    const objects = [
      { ...object, kind: "container", name: "c-node-1", state: "exited" },
      { ...object, kind: "volume", name: "c-node-1-data" },
    ] as const;
    const text = describeRemoval(
      "dev",
      { objects, figures: { results: 12, waiting: null } },
      { kind: "all", args: [] },
    );
    expect(text).to.contain("c-node-1 (exited)").and.to.contain("1, with all data of the boxes: c-node-1-data");
    expect(text).to.contain("12 results, an unknown number of samples in the queue");
    const forced = describeRemoval("dev", { objects, figures: undefined }, { kind: "boxes", args: [] });
    expect(forced).to.contain("without Pulumi, and empties its state").and.to.contain("does not answer");
    expect(describeRemoval("dev", { objects, figures: undefined }, { kind: "part", args: ["--target", "a"] })).to.equal(
      "This removes a part of stack dev: pulumi destroy --target a\n",
    );
  });
});

describe("hints", () => {
  it("name the stack unless it is the default one", () => {
    const hint = "Run: ./cluster up, or ./cluster pulumi config set nodes 3 (./cluster --stack x up; /a/cluster up)";
    expect(nameStack(hint, "dev")).to.equal(hint);
    expect(nameStack(hint, "other")).to.equal(
      "Run: ./cluster --stack other up, or ./cluster --stack other pulumi config set nodes 3 (./cluster --stack x up; /a/cluster up)",
    );
    expect(clusterCommand({ stack: "dev" }, "/a/cluster")).to.equal("/a/cluster");
    expect(clusterCommand({ stack: "other" }, "/a/cluster")).to.equal("/a/cluster --stack other");
  });

  it("name it once, however often they are printed", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("./cluster up", " ", "text", "./cluster --help", "\n", "$&")), (parts) => {
        const once = nameStack(parts.join(""), "other");
        expect(nameStack(once, "other")).to.equal(once);
      }),
    );
  });
});
