/**
 * Backup of three real brokers under load, and its restore into one broker and into three others: samples, results,
 * buckets and objects, by the code that the commands use.
 *
 * Does not prove: Pulumi's part of a backup and the cluster around the brokers (tests/cluster).
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { RESULTS, SAMPLES, SETTINGS } from "@inaetics/samples";
import { ArchiveWriter } from "../../cli/backup/archive";
import { Checksum, entryNames, FORMAT, type Manifest } from "../../cli/backup/format";
import { countBundles, countsOf, listStreams, saveStreams } from "../../cli/backup/streams";
import { loadStreams } from "../../cli/restore/load";
import { openBackup } from "../../cli/restore/read";
import { TestBroker } from "../support/broker";
import { eventually } from "../support/eventually";
import { failureOf } from "../support/failure";
import { Processor, put } from "../support/pipeline";
import { Service } from "../support/service";

const passphrase = "open sesame";
const managerOf = (connection: NatsConnection) => jetstreamManager(connection, { checkAPI: false, timeout: 10_000 });

/** Reads the ids of all messages of a stream. */
async function idsOf(connection: NatsConnection, stream: string): Promise<readonly string[]> {
  const manager = await managerOf(connection);
  const { state } = await manager.streams.info(stream);
  const sequences = Array.from(
    { length: state.messages === 0 ? 0 : state.last_seq - state.first_seq + 1 },
    (_, index) => state.first_seq + index,
  );
  const messages = await Promise.all(
    sequences.map((seq) => manager.streams.getMessage(stream, { seq }).catch(() => null)),
  );
  return messages.flatMap((message) => (message === null ? [] : [message.json<{ readonly id: string }>().id]));
}

describe("a backup of brokers at work", function () {
  this.timeout(240_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-backup-"));
  const file = path.join(folder, "one.age");
  const bundle = randomBytes(700_000);
  const accepted: string[] = [];
  let manifest: Manifest;
  let brokers: TestBroker[] = [];
  let services: Service[] = [];
  const startAgent = async (broker: TestBroker, replicas: string): Promise<Service> => {
    const own = { POD_NAME: "queue-1", QUEUE_REPLICAS: replicas };
    const agent = await Service.start("queue-agent", { ...broker.environment, ...own });
    services = [...services, agent];
    return agent;
  };
  const startBroker = async (size: number): Promise<TestBroker> => {
    const broker = await TestBroker.start(size);
    brokers = [...brokers, broker];
    return broker;
  };

  async function write(target: string, connection: NatsConnection, format = FORMAT): Promise<Manifest> {
    const archive = await ArchiveWriter.create(target, passphrase);
    const manager = await managerOf(connection);
    const names = (await listStreams(manager)).map(({ config }) => config.name);
    const header = { format, begun: new Date().toISOString(), stack: "test", version: "1.0.0" };
    const text = Buffer.from(JSON.stringify(header));
    await archive.add(entryNames.header, text);
    const sum = new Checksum();
    sum.add(text);
    const streams = await saveStreams(
      connection,
      names,
      (name, part) => archive.add(name, part),
      () => undefined,
    );
    const counts = countsOf(streams, await countBundles(manager, names));
    const files = [{ name: entryNames.header, ...sum.result() }];
    const made = { ...header, nodes: 3, counts, streams: [...streams], files };
    await archive.add(entryNames.manifest, Buffer.from(JSON.stringify(made)));
    await archive.finish();
    return made;
  }

  before(async () => {
    const broker = await startBroker(3);
    const agent = await startAgent(broker, "3");
    const connection = await broker.connect();
    await eventually("the queue", 60, async () => (await managerOf(connection)).streams.info(SAMPLES));
    await eventually("the object", 60, async () => {
      const objects = await new Objm(jetstream(connection)).create("artifacts", { replicas: 3 });
      return objects.putBlob({ name: "bundle" }, bundle);
    });
    await eventually("the settings", 60, async () => (await new Kvm(connection).open(SETTINGS)).put("rate", "42"));
    const processor = new Processor(connection, "processor-1");
    // Samples come before, while and after the snapshots are taken; some still wait, because one processor is slower.
    const ended = new AbortController();
    let next = 0;
    const producer = (async () => {
      while (!ended.signal.aborted) {
        const from = next;
        next += 40;
        // An unanswered put is repeated, as producers do; its ids make that harmless.
        await eventually(
          "samples accepted",
          60,
          async () => (await put(connection, "tester", from, next)).rejected === 0,
        );
        for (let sequence = from; sequence < next; sequence++) accepted.push(`tester-${sequence}`);
      }
    })();
    await eventually("enough samples", 60, async () => accepted.length > 500);
    const before = accepted.length;
    manifest = await write(file, connection);
    ended.abort();
    await producer;
    expect(accepted.length, "samples came meanwhile").to.be.greaterThan(before);
    accepted.length = before;
    await processor.stop();
    await connection.close();
    await agent.stop("SIGKILL");
    await broker.down("SIGKILL");
  });
  after(async () => {
    for (const service of services) await service.stop("SIGKILL");
    for (const broker of brokers) await broker.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  for (const [name, size, replicas] of [
    ["one broker", 1, 1],
    ["three other brokers", 3, 3],
  ] as const) {
    it(`has every sample that was accepted before it, in ${name}`, async () => {
      const connection = await (await startBroker(size)).connect();
      const manager = await managerOf(connection);
      const opened = await openBackup(file, passphrase);
      const broker = { connection, manager };
      expect(await loadStreams(broker, opened, replicas, () => undefined)).to.deep.equal([]);
      // A restore that is repeated, as after an interruption, begins again.
      expect(await loadStreams(broker, opened, replicas, () => undefined)).to.deep.equal([]);
      const found = new Set([...(await idsOf(connection, SAMPLES)), ...(await idsOf(connection, RESULTS))]);
      expect(accepted.filter((id) => !found.has(id))).to.deep.equal([]);
      expect((await manager.streams.info(RESULTS)).state.messages).to.equal(manifest.counts.results);
      for (const { config } of await listStreams(manager)) expect(config.num_replicas).to.equal(replicas);
      expect((await (await new Kvm(connection).open(SETTINGS)).get("rate"))?.string()).to.equal("42");
      const stored = await (await new Objm(jetstream(connection)).open("artifacts")).getBlob("bundle");
      const digest = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
      expect(digest(stored ?? new Uint8Array())).to.equal(digest(bundle));
      await connection.close();
    });
  }

  it("goes on with the waiting samples after a restore: each has a result", async () => {
    const broker = await startBroker(1);
    const connection = await broker.connect();
    const opened = await openBackup(file, passphrase);
    await loadStreams({ connection, manager: await managerOf(connection) }, opened, 1, () => undefined);
    const agent = await startAgent(broker, "1");
    const processor = new Processor(connection, "processor-2");
    await eventually("every sample has a result", 60, async () => {
      const results = new Set(await idsOf(connection, RESULTS));
      const missing = accepted.filter((id) => !results.has(id));
      return missing.length === 0;
    });
    // Samples that the backup has as results, too, are processed again.
    await eventually("an empty queue", 30, async () => {
      const { state } = await (await managerOf(connection)).streams.info(SAMPLES);
      return state.messages === 0;
    });
    await processor.stop();
    await agent.stop("SIGKILL");
    await connection.close();
  });

  it("says its counts, and is refused when it is damaged, cut off, of a later format, or not opened", async () => {
    const opened = await openBackup(file, passphrase);
    expect(opened.manifest).to.deep.equal(manifest);
    expect(manifest.counts.bundles).to.equal(1);
    expect(manifest.counts.samples + manifest.counts.results).to.be.greaterThan(accepted.length - 1);
    expect((await failureOf(openBackup(file, "other"))).message).to.contain("cannot be decrypted");
    const content = fs.readFileSync(file);
    const other = path.join(folder, "other.age");
    fs.writeFileSync(other, content.subarray(0, content.length / 2));
    expect((await failureOf(openBackup(other, passphrase))).message).to.contain("cannot be decrypted");
    content[Math.floor(content.length / 2)] = (content[Math.floor(content.length / 2)] ?? 0) ^ 1;
    fs.writeFileSync(other, content);
    expect((await failureOf(openBackup(other, passphrase))).message).to.contain("cannot be decrypted");
    const later = path.join(folder, "later.age");
    const archive = await ArchiveWriter.create(later, passphrase);
    const header = { format: FORMAT + 1, begun: "2030-01-01T00:00:00Z", stack: "test", version: "9.9.9" };
    await archive.add(entryNames.header, Buffer.from(JSON.stringify(header)));
    await archive.finish();
    expect((await failureOf(openBackup(later, passphrase))).message).to.contain("made by version 9.9.9");
    const empty = path.join(folder, "empty.age");
    await (await ArchiveWriter.create(empty, passphrase)).finish();
    expect((await failureOf(openBackup(empty, passphrase))).message).to.contain("is not a whole backup");
    expect((await failureOf(openBackup(path.join(folder, "none"), passphrase))).message).to.contain("does not exist");
  });
});
