/**
 * Names, retention, age, order, format and timers of backups, and the archive on a real disk. Does not prove: that
 * brokers give and take the snapshots (tests/services), nor that systemd and cron run the timers.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ArchiveWriter, readArchive } from "../../cli/backup/archive";
import { checkFormat, Checksum, differences, FORMAT, snapshotOrder, type Manifest } from "../../cli/backup/format";
import { backupFolder, backupName, backupProblems, expired, parseKeep, parseSchedule } from "../../cli/backup/names";
import { crontabWith, jobEnvironment, systemdUnits } from "../../cli/backup/timer";
import { failureOf } from "../support/failure";

const sum = (text: string) => {
  const checksum = new Checksum();
  checksum.add(Buffer.from(text));
  return checksum.result();
};

describe("backups' files", () => {
  it("are outside of the checkout and of its state, in a folder of the stack", () => {
    expect(backupFolder({ INAETICS_BACKUPS: "/backups" }, "inaetics-dev")).to.equal("/backups/inaetics-dev");
    const data = backupFolder({ INAETICS_BACKUPS: "", XDG_DATA_HOME: "/data" }, "inaetics-dev");
    expect(data).to.equal("/data/inaetics-cluster/backups/inaetics-dev");
    expect(backupFolder({}, "inaetics-dev")).to.equal(
      path.join(os.homedir(), ".local/share/inaetics-cluster/backups/inaetics-dev"),
    );
  });

  it("have names that sort by time, and the newest are kept", () => {
    expect(backupName("inaetics-dev", new Date("2025-01-31T13:05:09.123Z"))).to.equal(
      "inaetics-dev-20250131T130509Z.age",
    );
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 4e9 }), { maxLength: 20 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 25 }), (seconds, keep) => {
        const nameAt = (second: number) => backupName("inaetics-dev", new Date(second * 1000));
        const gone = new Set(expired(seconds.map(nameAt), "inaetics-dev", keep));
        const kept = [...seconds].sort((one, other) => other - one).slice(0, keep);
        expect(gone.size).to.equal(Math.max(0, seconds.length - keep));
        for (const second of kept) expect(gone.has(nameAt(second))).to.equal(false);
      }),
    );
  });

  it("of other stacks and other kinds are never deleted", () => {
    const others = ["record.json", "lock", "mine.age", "inaetics-dev-two-20250131T130509Z.age", "inaetics-dev-1.age"];
    expect(expired(others, "inaetics-dev", 1)).to.deep.equal([]);
  });
});

describe("a schedule of backups", () => {
  const hour = 3_600_000;
  const now = Date.parse("2025-01-31T12:00:00Z");
  const ago = (hours: number) => new Date(now - hours * hour).toISOString();
  const daily = { every: "daily", keep: 7, since: ago(100) } as const;
  const success = (hours: number) => ({ time: ago(hours), file: "/a", bytes: 1 });

  it("takes whole numbers and known intervals only", () => {
    expect(parseSchedule("daily")).to.equal("daily");
    expect(() => parseSchedule("weekly")).to.throw('--schedule: got "weekly"; allowed: hourly, daily, off');
    expect(parseKeep("7")).to.equal(7);
    for (const wrong of ["0", "-1", "1.5", "", "all"]) expect(() => parseKeep(wrong)).to.throw("--keep: got");
  });

  it("is a problem when the newest backup is older than it allows", () => {
    expect(backupProblems({ schedule: daily, lastSuccess: success(25) }, now)).to.deep.equal([]);
    expect(backupProblems({ schedule: daily, lastSuccess: success(27) }, now)).to.deep.equal([
      `backup: the last one is of ${ago(27)}; the schedule is daily`,
    ]);
    expect(backupProblems({ schedule: { ...daily, every: "hourly" }, lastSuccess: success(2) }, now)).to.have.length(1);
    expect(backupProblems({ schedule: daily }, now)[0]).to.contain(`none since ${ago(100)}`);
  });

  it("is a problem when the newest run failed, and none without schedule and failure", () => {
    const failure = { time: ago(1), reason: "no room" };
    expect(backupProblems({ lastSuccess: success(2), lastFailure: failure }, now)).to.deep.equal([
      `backup: the last one failed at ${ago(1)}: no room`,
    ]);
    expect(backupProblems({ lastSuccess: success(0.5), lastFailure: failure }, now)).to.deep.equal([]);
    expect(backupProblems({ lastSuccess: success(5000) }, now)).to.deep.equal([]);
  });

  it("is run by units of systemd that hold no passphrase", () => {
    const environment = jobEnvironment({ PATH: "/a b:/c", PULUMI_CONFIG_PASSPHRASE: "swordfish", HOME: "" });
    expect(environment).to.deep.equal({ PATH: "/a b:/c" });
    const units = systemdUnits(
      { name: "x-backup", words: ["/my project/cluster", "100%", "$a"], environment },
      "daily",
    );
    expect(units["x-backup.service"]).to.contain(
      'Environment="PATH=/a b:/c"\nExecStart="/my project/cluster" "100%%" "$$a"\n',
    );
    expect(units["x-backup.timer"]).to.contain("OnCalendar=daily\n").and.contain("Persistent=true\n");
  });

  it("is one line of a crontab, replaced when set again, with all other lines kept", () => {
    const job = { name: "x-backup", words: ["/my project/cluster", "backup"], environment: { PATH: "/bin" } };
    const once = crontabWith("0 1 * * * other\n", job, "daily");
    expect(once).to.equal(
      "0 1 * * * other\n@daily env PATH=/bin '/my project/cluster' backup >/dev/null 2>&1 # x-backup\n",
    );
    expect(crontabWith(once, job, "hourly").match(/x-backup/g)).to.have.length(1);
    expect(crontabWith(once, job, undefined)).to.equal("0 1 * * * other\n");
  });
});

describe("the content of a backup", () => {
  const manifest: Manifest = {
    format: FORMAT,
    begun: "2025-01-31T13:05:09.123Z",
    stack: "dev",
    version: "1.0.0",
    nodes: 3,
    counts: { samples: 1, results: 2, bundles: 3 },
    streams: [{ name: "SAMPLES", messages: 1, lastSequence: 1, parts: 1, ...sum("a") }],
    files: [{ name: "state.json", ...sum("b") }],
  };

  it("has samples first and results last, and models before the objects that they name", () => {
    const names = ["RESULTS", "OBJ_artifacts", "AUDIT", "KV_provisioning", "EVENTS", "SAMPLES", "KV_settings"];
    const order = ["SAMPLES", "KV_provisioning", "KV_settings", "AUDIT", "EVENTS", "OBJ_artifacts", "RESULTS"];
    expect(snapshotOrder(names)).to.deep.equal(order);
  });

  it("is compared with its manifest", () => {
    const whole = new Map([["SAMPLES", sum("a")] as const, ["state.json", sum("b")] as const]);
    expect(differences(manifest, whole)).to.deep.equal([]);
    expect(differences(manifest, new Map([["SAMPLES", sum("c")]]))).to.deep.equal([
      "state.json is missing",
      "SAMPLES differs from its checksum",
    ]);
    expect(differences(manifest, new Map([...whole, ["more", sum("")]]))).to.deep.equal(["more is unknown"]);
  });

  it("of a later format is refused, with the versions", () => {
    expect(() => checkFormat({ format: FORMAT, version: "1" }, "file")).not.to.throw();
    expect(() => checkFormat({ format: FORMAT + 1, version: "9.0.0" }, "file")).to.throw(
      `file has format ${FORMAT + 1}, made by version 9.0.0; allowed: up to ${FORMAT}`,
    );
  });
});

describe("an archive", function () {
  // Each opening derives a key by scrypt, which takes seconds on a busy machine.
  this.timeout(240_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-archive-"));
  const file = path.join(folder, "one.age");
  const large = Buffer.alloc(300_000, "0123456789");
  const read = async (name: string, passphrase = "abc") => {
    const found: [string, string][] = [];
    for await (const entry of readArchive(name, passphrase))
      found.push([entry.name, Buffer.from(entry.content).toString()]);
    return found;
  };
  const copy = (name: string, change: (content: Buffer) => Buffer): string => {
    const other = path.join(folder, name);
    fs.writeFileSync(other, change(Buffer.from(fs.readFileSync(file))));
    return other;
  };

  before(async () => {
    const writer = await ArchiveWriter.create(file, "abc");
    await writer.add("a", Buffer.from("first"));
    await writer.add("b/c", large);
    expect(fs.existsSync(file)).to.equal(false);
    await writer.finish();
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("is a file of its owner, and gives back its entries", async () => {
    expect(fs.statSync(file).mode & 0o777).to.equal(0o600);
    expect(fs.readdirSync(folder)).to.deep.equal(["one.age"]);
    expect(await read(file)).to.deep.equal([
      ["a", "first"],
      ["b/c", large.toString()],
    ]);
  });

  it("is refused with another passphrase, when a byte differs, and when it is cut off anywhere", async () => {
    expect((await failureOf(read(file, "abd"))).message).to.contain("one.age cannot be decrypted");
    const flipped = copy("flipped.age", (content) => {
      content[content.length - 1000] = (content[content.length - 1000] ?? 0) ^ 1;
      return content;
    });
    expect((await failureOf(read(flipped))).message).to.contain("flipped.age cannot be decrypted");
    for (const bytes of [1, 290_000]) {
      const cut = copy("cut.age", (content) => content.subarray(0, content.length - bytes));
      expect((await failureOf(read(cut))).message).to.contain("cut.age cannot be decrypted");
    }
    // Whole parts of the encryption are left out.
    const whole = copy("whole.age", (content) =>
      content.subarray(0, content.length - ((content.length - 200) % 65_552)),
    );
    await failureOf(read(whole));
  });

  it("leaves no file when it is abandoned, and replaces none", async () => {
    const writer = await ArchiveWriter.create(path.join(folder, "two.age"), "abc");
    await writer.add("a", large);
    await writer.abandon();
    expect(fs.readdirSync(folder).filter((name) => name.startsWith("two"))).to.deep.equal([]);
  });
});
