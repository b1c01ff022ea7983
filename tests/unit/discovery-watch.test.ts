/**
 * The watch with simulated answers of etcd: its request after a stream broke. Not proven here: that etcd answers like
 * this (tests/services/discovery.test.ts).
 */
import { expect } from "chai";
import { EventEmitter } from "node:events";
import { type EtcdConnection, type Request, EntriesWatch } from "@inaetics/discovery";

const kv = (key: string, value: string, revision: number) => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  mod_revision: String(revision),
});

/** One watch stream as etcd's client gives it; `asked` is the revision from which the watch requests changes. */
class Stream extends EventEmitter {
  asked = "";
  write({ create_request: { start_revision } }: { create_request: { start_revision: string } }): void {
    this.asked = start_revision;
  }
  cancel(): void {
    this.emit("end");
  }
  answers(revision: number, part: object): void {
    this.emit("data", { header: { revision: String(revision) }, compact_revision: "0", events: [], ...part });
  }
}

describe("discovery: a watch", () => {
  let streams: Stream[];
  let watch: EntriesWatch;
  let known: Record<string, string>;

  beforeEach(() => {
    streams = [];
    const client = {
      kv: { range: () => Promise.resolve({ kvs: [kv("/a", "1", 7)], header: { revision: "10" } }) },
      watchClient: { watch: () => Promise.resolve(streams[streams.push(new Stream()) - 1]) },
    };
    const connection: unknown = { run: (request: Request<unknown>) => request(client as never, {}) };
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    watch = new EntriesWatch(
      connection as EtcdConnection,
      "/",
      (entries) => (known = Object.fromEntries(entries)),
      quiet,
    );
  });
  afterEach(() => watch.stop());

  /** Waits until the watch requests changes from stream number `count`; returns that stream. */
  async function stream(count: number): Promise<Stream> {
    while (streams[count - 1]?.asked === undefined || streams[count - 1]?.asked === "")
      await new Promise((resolve) => setTimeout(resolve, 5));
    return streams[count - 1] as Stream;
  }

  it("begins after the revision that was read, and requests announced changes again that never came", async () => {
    const first = await stream(1);
    expect(first.asked).to.equal("11");
    first.answers(15, { created: true });
    first.emit("error", new Error("broken"));
    expect((await stream(2)).asked).to.equal("11");
  });

  it("goes on after the last change that came, not after etcd's revision of that time", async () => {
    const first = await stream(1);
    first.answers(15, { created: true });
    first.answers(15, { events: [{ type: "Put", kv: kv("/b", "2", 12) }] });
    expect(known).to.deep.equal({ "/a": "1", "/b": "2" });
    first.emit("error", new Error("broken"));
    expect((await stream(2)).asked).to.equal("13");
  });

  it("goes on after a report of progress", async () => {
    const first = await stream(1);
    first.answers(10, { created: true });
    first.answers(40, {});
    first.emit("error", new Error("broken"));
    expect((await stream(2)).asked).to.equal("41");
  });
});
