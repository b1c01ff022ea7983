/**
 * Requests for logs, the processing of their lines, and exports with reads that fail or hang; the programs run on this
 * machine. Does not prove: the connections to boxes and pods (tests/cluster).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describeExport, restarted } from "../../cli/logs/show";
import { collect, readProgram, type Read } from "../../cli/logs/collect";
import { hideSecrets, planExport, secretValues } from "../../cli/logs/plan";
import { chooseLoggedPod, type LoggedPod } from "../../cli/logs/pods";
import { journalCommand, journalLine, kubectlLogs, parseDuration, parseRange, podLine } from "../../cli/logs/range";
import { matching } from "../../cli/pods/choose";

const pod = (name: string, ...restarts: readonly number[]): LoggedPod => ({
  namespace: "inaetics",
  pod: name,
  containers: restarts.map((count, i) => ({ name: `c${i}`, restarts: count })),
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("the pod whose log is requested", () => {
  const pods = [pod("queue-0", 0), pod("queue-1", 0), pod("viewer-abc", 0)];

  it("is the pod that the word names", () => {
    expect(chooseLoggedPod(pods, [], "queue-1").pod).to.equal("queue-1");
    expect(chooseLoggedPod(pods, [], "view").pod).to.equal("viewer-abc");
    expect(chooseLoggedPod(pods, [], "abc").pod).to.equal("viewer-abc");
    expect(chooseLoggedPod([...pods, pod("old-viewer", 0)], [], "viewer").pod).to.equal("viewer-abc");
  });

  it("is an error with the allowed or matching names when none or several match", () => {
    expect(() => chooseLoggedPod(pods, ["node-1"], "absent")).to.throw(
      /called "absent"; allowed:\n {2}node-1\n {2}queue-0/,
    );
    expect(() => chooseLoggedPod(pods, [], "queue")).to.throw(/matches several names:\n {2}queue-0\n {2}queue-1$/);
    expect(() => chooseLoggedPod(pods, [], "")).to.throw(/no pod or box is named/);
    expect(() => chooseLoggedPod([], [], "x")).to.throw(/none exists/);
  });

  it("is always the one with the whole name, if it exists", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1 }),
        fc.nat(),
        (names, at) => {
          const name = names[at % names.length] ?? "";
          expect(matching(names, (each) => each, name)).to.deep.equal([name]);
        },
      ),
    );
  });

  it("has a previous log only of containers that were restarted", () => {
    expect(restarted(pod("a", 0, 2)).containers).to.deep.equal([{ name: "c1", restarts: 2 }]);
    expect(() => restarted(pod("a", 0))).to.throw("a was never restarted");
  });
});

describe("the range of a log", () => {
  it("is checked, with all problems at once", () => {
    expect(parseRange({}, 200)).to.deep.equal({ seconds: undefined, lines: 200 });
    expect(parseRange({ since: "1h30m" }, 200)).to.deep.equal({ seconds: 5400, lines: undefined });
    expect(parseRange({ tail: "5" }, 200)).to.deep.equal({ seconds: undefined, lines: 5 });
    expect(() => parseRange({ since: "ten", tail: "all" }, 200)).to.throw(
      /--since: got "ten".*10m.*\n--tail: got "all"/,
    );
  });

  it("may have any duration above zero", () => {
    expect(["45s", "10m", "2d", "1d2h3m4s"].map(parseDuration)).to.deep.equal([45, 600, 172_800, 93_784]);
    for (const text of ["", "0s", "10", "m", "-5m", "5 m", "1.5h", "5M"]) expect(parseDuration(text), text).to.be.NaN;
  });

  it("becomes arguments of kubectl and journalctl", () => {
    const range = { seconds: 600, lines: 5, follow: true };
    expect(kubectlLogs(pod("a", 0), range).join(" ")).to.equal(
      "logs --namespace=inaetics a --container=c0 --since=600s --tail=5 --follow",
    );
    expect(
      kubectlLogs(pod("a", 1, 1), { seconds: undefined, lines: undefined, follow: false, previous: true }),
    ).to.include.members(["--all-containers", "--prefix", "--previous", "--tail=-1"]);
    expect(journalCommand(range)).to.equal(
      "sudo journalctl --no-pager --quiet --output=short-iso --since=-600s --lines=5 --follow",
    );
    expect(journalCommand({ seconds: undefined, lines: undefined, follow: false, timed: true })).to.match(
      /json --lines=all$/,
    );
  });
});

describe("lines of logs for programs", () => {
  it("have the pod's time and container", () => {
    const time = "2025-01-01T10:00:00.123456789Z";
    expect(podLine("a", `${time} said`)).to.deep.equal({ source: "a", time, part: null, text: "said" });
    expect(podLine("a", `[pod/a/c1] ${time} [x] said`)).to.deep.equal({
      source: "a",
      time,
      part: "c1",
      text: "[x] said",
    });
    expect(podLine("a", "no time")).to.deep.equal({ source: "a", time: null, part: null, text: "no time" });
  });

  it("have the box's unit, for any entry of the journal", () => {
    const line = JSON.stringify({ MESSAGE: "started", _SYSTEMD_UNIT: "etcd.service", __REALTIME_TIMESTAMP: "1000000" });
    const time = "1970-01-01T00:00:01.000Z";
    expect(journalLine("b", line)).to.deep.equal({ source: "b", time, part: "etcd.service", text: "started" });
    const bytes = JSON.stringify({ MESSAGE: [...Buffer.from("ä")], SYSLOG_IDENTIFIER: "kernel" });
    expect(journalLine("b", bytes)).to.deep.equal({ source: "b", time: null, part: "kernel", text: "ä" });
    expect(journalLine("b", "-- No entries --").text).to.equal("-- No entries --");
  });
});

describe("the plan of an export", () => {
  const all = { seconds: undefined, lines: undefined };
  const boxes = { controller: "10.0.0.1", "node-1": "10.0.0.2" };
  const filesOf = (pods: readonly LoggedPod[] | undefined) => planExport({ boxes, pods }, all).map(({ file }) => file);

  it("has every box and container, and the logs before a restart", () => {
    const files = filesOf([pod("a", 0), pod("b", 0, 3)]);
    expect(files).to.include.members([
      "boxes/controller/journal.log",
      "boxes/node-1/journal.log",
      "kubernetes/all.txt",
    ]);
    expect(files.filter((file) => file.startsWith("pods/"))).to.deep.equal([
      "pods/inaetics/a/c0.log",
      "pods/inaetics/b/c0.log",
      "pods/inaetics/b/c1.log",
      "pods/inaetics/b/c1.previous.log",
    ]);
    expect(new Set(files).size).to.equal(files.length);
  });

  it("reads the pods' logs from the boxes when the API server does not answer", () =>
    expect(filesOf(undefined)).to.include.members(["boxes/controller/pods.log", "boxes/node-1/pods.log"]));

  it("hides passwords, keys and tokens, the longest first", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\n-----END PRIVATE KEY-----\n";
    const objects: Parameters<typeof secretValues>[0] = [
      {
        data: {
          NATS_PASSWORD: base64("verysecret1"),
          user: base64("inaetics-user"),
          "ca.crt": base64("public-anyway"),
        },
      },
      { data: { "key.pem": base64(key), "signing-key.pub": base64("also-public"), password: base64("short") } },
      { data: { token: base64("verysecret1-and-more") } },
      {},
    ];
    const secrets = secretValues(objects);
    expect(secrets).to.include.members(["verysecret1", base64("verysecret1"), "MIGHAgEAMBMGByqG"]);
    for (const shown of ["inaetics-user", "public-anyway", "also-public", "short"])
      expect(secrets).not.to.include(shown);
    const line = "user inaetics-user has verysecret1-and-more and verysecret1";
    expect(hideSecrets(line, secrets)).to.equal("user inaetics-user has (hidden) and (hidden)");
  });
});

describe("an export", () => {
  let folder: string;
  const sh = (file: string, script: string, timeout = 20_000): Read => ({
    file,
    read: (onLine) => readProgram("sh", ["-c", script], { timeout, onLine }),
  });
  const details: string[] = [];
  const run = (reads: readonly Read[]) =>
    collect(folder, reads, ["topsecret"], { detail: (text) => details.push(text) });
  const text = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "logs-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("writes logs of any length, and hides secrets in them", async () => {
    const { files, errors } = await run([
      sh("boxes/a/journal.log", "seq 1 5000; echo the topsecret is out"),
      { file: "note.txt", read: (onLine) => Promise.resolve(onLine("topsecret")).then(() => undefined) },
    ]);
    expect(errors).to.deep.equal([]);
    const written = text("boxes/a/journal.log");
    expect(written.split("\n").slice(-3)).to.deep.equal(["5000", "the (hidden) is out", ""]);
    expect(text("note.txt")).to.equal("(hidden)\n");
    expect(files).to.deep.equal([
      { file: "boxes/a/journal.log", bytes: written.length },
      { file: "note.txt", bytes: 9 },
    ]);
    expect(details.at(-1)).to.equal("2 of 2");
    expect(fs.statSync(path.join(folder, "note.txt")).mode & 0o077).to.equal(0);
  }).timeout(20_000);

  it("continues when parts of it fail or hang, and keeps their output", async () => {
    const began = Date.now();
    const { files, errors } = await run([
      ...Array.from({ length: 8 }, (_, i) => sh(`hangs-${i}.log`, `echo begun; exec sleep 60`, 500)),
      sh("refused.log", "echo no topsecret for you >&2; exit 3"),
      { file: "broken.json", read: () => Promise.reject(new Error("no answer")) },
      { file: "absent.log", read: (onLine) => readProgram("no-such-program", [], { onLine }) },
      sh("good.log", "echo good"),
    ]);
    expect(Date.now() - began).to.be.below(10_000);
    expect(files.map(({ file }) => file)).to.include.members(["good.log", "hangs-0.log", "hangs-7.log"]);
    expect(text("hangs-7.log")).to.equal("begun\n");
    expect(errors).to.have.length(11);
    expect(errors).to.include.members([
      "broken.json: no answer",
      "hangs-0.log: did not end within 0.5 s",
      "refused.log: ended with exit code 3: no (hidden) for you",
    ]);
    expect(errors.find((error) => error.startsWith("absent.log"))).to.contain("ENOENT");
    expect(fs.existsSync(path.join(folder, "refused.log"))).to.equal(false);
  }).timeout(20_000);

  it("describes the written files, and reports missing parts", () => {
    const files = [{ file: "a", bytes: 2 ** 20 }];
    expect(describeExport({ folder: "/x", files, errors: [] })).to.equal("1 file (1.0 MB) in /x\n");
    expect(describeExport({ folder: "/x", files, errors: ["a: b"] })).to.contain("One part could not be read");
  });
});
