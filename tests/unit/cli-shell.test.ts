/**
 * Quoting and the printed environment, read back by a real POSIX shell, and the parts of the commands that decide.
 * Does not prove that Pulumi accepts the environment: tests/engine and tests/cluster run it.
 */
import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { Command } from "commander";
import * as fc from "fast-check";
import { registerCommands } from "../../cli/commands";
import { createContext, pulumiEnvironment, merge, remove } from "@inaetics/stack";
import { run, together, formatDuration } from "@inaetics/workstation";
import { quote, exportLines } from "@inaetics/base";
import { waitForResults } from "../../cli/lifecycle/up";
import { describeFailure } from "../../cli/commands/test";
import { outcomeOf } from "../../cli/testing/mocha";
import { createServer } from "node:http";
import { AddressInfo } from "node:net";

const word = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));

/** Value of a variable in `sh` after it has read the lines. */
function readBack(lines: string, name: string): string {
  return execFileSync("sh", ["-c", `${lines}printf '%s.' "$${name}"`], { encoding: "utf8" }).slice(0, -1);
}

describe("quoting for a shell", () => {
  it("returns every word unchanged", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const output = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(quote).join(" ")}`], { encoding: "utf8" });
        expect(output.split("\0").slice(0, -1)).to.deep.equal(words);
      }),
      { numRuns: 60 },
    );
  }).timeout(30_000);

  it("refuses a character that no shell word can hold", () => expect(() => quote("a\0b")).to.throw(RangeError, "NUL"));

  it("exports values with quotes, blanks, new lines and commands untouched", () => {
    const nasty = `it's "$(touch /nowhere)" \\ \n; rm -rf x`;
    expect(readBack(exportLines({ VALUE: nasty }), "VALUE")).to.equal(nasty);
    expect(readBack(`VALUE=before\n${exportLines({ VALUE: undefined })}`, "VALUE")).to.equal("");
  });

  it("refuses names that are not allowed", () => expect(() => exportLines({ "A B": "" })).to.throw(RangeError, "A B"));
});

describe("the environment of a stack", () => {
  it("puts plugins and programs at the head of PATH, once", () => {
    const context = createContext({ INAETICS_STATE: "/s p/state", INAETICS_CACHE: "/c" });
    const first = pulumiEnvironment(context, { PATH: "/usr/bin" });
    expect(first.PATH).to.equal("/s p/state/plugins:/c/bin:/usr/bin");
    expect(pulumiEnvironment(context, { PATH: first.PATH }).PATH).to.equal(first.PATH);
    expect(first.PULUMI_BACKEND_URL).to.equal("file:///s%20p/state/pulumi");
    expect(readBack(exportLines(first), "INAETICS_STATE")).to.equal("/s p/state");
  });

  it("takes the stack from the option, then from the environment, then dev", () => {
    expect(createContext({ INAETICS_STACK: "other" }, "mine").cluster).to.equal("inaetics-mine");
    expect(createContext({ INAETICS_STACK: "other" }).stack).to.equal("other");
    expect(createContext({ INAETICS_STACK: "" }).stack).to.equal("dev");
  });

  for (const name of ["", "Big", "a/b", "-a", "a-", "x".repeat(21), "a b"]) {
    it(`refuses "${name}" as the name of a stack`, () =>
      expect(() => createContext({}, name)).to.throw("lower-case letters, digits and inner dashes"));
  }
});

describe("durations", () => {
  it("are seconds below a minute and minutes above", () => {
    expect(formatDuration(1234)).to.equal("1.2 s");
    expect(formatDuration(59_960)).to.equal("1 min 00 s");
    expect(formatDuration(185_000)).to.equal("3 min 05 s");
  });
});

describe("parallel works", () => {
  it("end when all have ended", async () => {
    const ended: string[] = [];
    const work = (name: string, seconds: string) => async () => {
      await run("sleep", [seconds]);
      ended.push(name);
    };
    await together([work("slow", "0.2"), work("quick", "0")]);
    expect(ended).to.deep.equal(["quick", "slow"]);
  });

  it("end at once when one fails, with its error", async () => {
    const started = Date.now();
    const slow = async (cancel: AbortSignal): Promise<void> => {
      await run("sleep", ["20"], { cancel });
    };
    const failing = async (): Promise<void> => {
      await run("sh", ["-c", "sleep 0.1; exit 7"]);
    };
    const error = await together([slow, failing]).catch((each: unknown) => each);
    expect(String(error)).to.match(/ended with exit code 7/);
    expect(Date.now() - started).to.be.below(5000);
  });
});

describe("the user's kubeconfig", () => {
  const own = {
    clusters: [{ name: "x", cluster: { server: "https://a" } }],
    users: [{ name: "x", user: { token: "t" } }],
    contexts: [{ name: "x", context: {} }],
  };
  const theirs = {
    apiVersion: "v1",
    kind: "Config",
    preferences: { colors: true },
    clusters: [{ name: "prod", cluster: { server: "https://p" } }],
    users: [{ name: "prod", user: {} }],
    contexts: [{ name: "prod", context: { cluster: "prod", user: "prod" } }],
    "current-context": "prod",
  };

  it("gets one more context, and loses only that again", () => {
    const merged = merge(theirs, own, "inaetics-dev");
    expect(merged["current-context"]).to.equal("inaetics-dev");
    expect(merged.contexts?.map(({ name }) => name)).to.deep.equal(["prod", "inaetics-dev"]);
    expect({ ...remove(merged, "inaetics-dev"), "current-context": "prod" }).to.deep.equal(theirs);
  });

  it("does not grow by merging twice", () => {
    const once = merge(theirs, own, "inaetics-dev");
    expect(merge(once, own, "inaetics-dev")).to.deep.equal(once);
  });

  it("keeps another current context when ours is removed", () =>
    expect(remove({ ...merge(theirs, own, "c"), "current-context": "prod" }, "c")["current-context"]).to.equal("prod"));
});

describe("waiting for results", () => {
  async function withDashboard(answers: readonly string[], work: (url: string) => Promise<void>): Promise<void> {
    let asked = 0;
    const server = createServer((_, response) => {
      response.end(answers[Math.min(asked++, answers.length - 1)]);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  it("ends when the number has grown, not when it exists", () =>
    withDashboard(['{"results":5}', '{"results":5}', '{"results":9}'], async (url) => {
      expect(await waitForResults(url, 10_000, () => undefined)).to.equal(9);
    })).timeout(10_000);

  it("ends with a number when no samples are expected", async () => {
    for (const idle of ['"producers":"0 / 0"', '"ratePercent":0']) {
      await withDashboard([`{"results":5,${idle}}`], async (url) => {
        expect(await waitForResults(url, 5000, () => undefined)).to.equal(5);
      });
    }
  }).timeout(15_000);

  it("fails with the last answer when the number does not grow", () =>
    withDashboard(['{"results":5}'], async (url) => {
      const failure = await waitForResults(url, 1200, () => undefined).catch((error: unknown) => error);
      expect(String(failure)).to.match(/"5 results", which did not grow within 1.2 s/);
    })).timeout(10_000);

  it("fails when the dashboard does not answer", async () => {
    let closed = "";
    await withDashboard(["{}"], (url) => Promise.resolve(void (closed = url)));
    const failure = await waitForResults(closed, 1200, () => undefined).catch((error: unknown) => error);
    expect(String(failure)).to.match(/ECONNREFUSED/);
  }).timeout(10_000);
});

describe("the outcome of a test run", () => {
  const failed = [{ title: "a test", error: "Error: why\n    at here" }];

  it("is the content of the report", () => {
    const report = JSON.stringify({ passes: 3, failures: 1, failed });
    expect(outcomeOf(report, 1)).to.deep.equal({ passed: 3, failed: 1, failures: failed });
    const good = '{"passes":3,"failures":0,"failed":[]}';
    expect(outcomeOf(good, 0)).to.deep.equal({ passed: 3, failed: 0, failures: [] });
  });

  it("is a failure when the run broke off", () => {
    expect(outcomeOf(undefined, 0)).to.include({ passed: 0, failed: 1 });
    const broken = outcomeOf('{"passes":3,"failures":0,"failed":[]}', 7);
    expect(broken).to.include({ passed: 3, failed: 1 });
    expect(broken.failures.map(({ error }) => error)).to.deep.equal(["ended with exit code 7, no test of it failed"]);
  });

  it("repeats a failure by its first lines", () => {
    expect(failed.map((each) => describeFailure("engine", each))).to.deep.equal([
      "engine: a test\n  Error: why\n      at here",
    ]);
    const long = describeFailure("unit", {
      title: "t",
      error: Array.from({ length: 99 }, (_, line) => line).join("\n"),
    });
    expect(long.split("\n").slice(-2)).to.deep.equal(["  11", "  ..."]);
  });
});

describe("the commands", () => {
  it("that change the cluster accept pulumi's --yes", () => {
    const program = new Command().enablePositionalOptions().enablePositionalOptions();
    registerCommands(program, () => createContext({}));
    for (const name of ["up", "destroy", "refresh"]) {
      const command = program.commands.find((each) => each.name() === name);
      for (const option of ["--yes", "-y"]) {
        expect(command?.parseOptions([option]), name).to.deep.include({ operands: [], unknown: [] });
      }
    }
  });
});
