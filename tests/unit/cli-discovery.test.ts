/**
 * `discovery`, `purge-discovery` and `console` with given answers of etcd, Kubernetes and an agent's shell; the shell
 * is a server of the test. Does not prove: the connections to the controller and into a pod (tests/cluster).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentPod } from "../../cli/agents/pods";
import { choosePod } from "../../cli/console/open";
import { missingKeys } from "../../cli/discovery/purge";
import { endsWithPrompt, interact, runLines, ShellConnection } from "../../cli/console/session";
import { receive, send, START } from "../../cli/console/telnet";
import { parseKeys, parseLeases } from "../../cli/discovery/etcd";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("etcdctl's answers", () => {
  it("give keys, values and the exact ids of leases", () => {
    const kvs = `{"key":"${base64("/inaetics/a")}","value":"${base64("ä")}","lease":7587891234567890123},{"key":"${base64("/inaetics/b")}"}`;
    expect(parseKeys(`{"header":{"revision":5},"kvs":[${kvs}],"count":2}`)).to.deep.equal([
      { key: "/inaetics/a", value: "ä", lease: 7587891234567890123n.toString(16) },
      { key: "/inaetics/b", value: "", lease: undefined },
    ]);
    expect(parseKeys('{"header":{}}')).to.deep.equal([]);
  });

  it("give the seconds left of leases, and none for ended leases", () => {
    const lines = '694d {"cluster_id":1,"id":2,"ttl":12,"granted-ttl":15}\n6a0 {"id":3,"ttl":-1}\nnonsense\n';
    expect([...parseLeases(lines)]).to.deep.equal([
      ["694d", 12],
      ["6a0", 0],
    ]);
  });

  it("name the keys that are not registered again", () => {
    expect(missingKeys(["/a", "/b"], [{ key: "/b" }, { key: "/c" }])).to.deep.equal(["/a"]);
  });
});

describe("telnet", () => {
  const all = (chunks: readonly (readonly number[])[]) => {
    let state = START;
    const [text, reply]: [number[], number[]] = [[], []];
    for (const chunk of chunks) {
      const step = receive(state, Uint8Array.from(chunk));
      state = step.state;
      text.push(...step.text);
      reply.push(...step.reply);
    }
    return { text, reply, state };
  };

  it("refuses every option and shows nothing of it", () => {
    const heard = [255, 253, 1, 104, 255, 251, 3, 105, 255, 250, 24, 1, 255, 255, 255, 240, 255, 241, 255, 254, 5, 33];
    expect(all([heard])).to.deep.equal({
      text: [...Buffer.from("hi!")],
      reply: [255, 252, 1, 255, 254, 3],
      state: [],
    });
  });

  it("understands the same bytes in any pieces", () => {
    const byte = fc.oneof(fc.constantFrom(255, 254, 253, 252, 251, 250, 240), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), fc.array(fc.nat(60)), (bytes, cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.slice(at[i], end));
        expect(all(chunks)).to.deep.equal(all([bytes]));
      }),
    );
  });

  it("returns the text that the other side sent", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (typed) => {
        expect(all([[...send(typed)]]).text).to.deep.equal([...typed]);
      }),
    );
  });
});

describe("an agent's shell", () => {
  let server: Server;
  /** Behaviour of the shell on a new connection. */
  let behave: (socket: Socket) => void;
  const patience = { prompt: 60, text: 400, nothing: 700 };
  const open = (): ShellConnection => new ShellConnection(connect((server.address() as AddressInfo).port, "127.0.0.1"));
  /** A shell that answers each line after some time, as gogo does. */
  const gogo = (socket: Socket): void => {
    socket.write("___\r\nWelcome to Apache Felix Gogo\r\n\r\ng! ");
    let rest = "";
    socket.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      void (async () => {
        for (const line of lines) {
          await sleep(80);
          socket.write(`ran ${line}\npart`);
          await sleep(150);
          socket.write(" two\ng! ");
        }
      })();
    });
  };
  const run = async (text: string): Promise<string> => {
    const output = new PassThrough();
    const shell = open();
    try {
      await runLines(shell, Readable.from([text]), output, patience);
    } finally {
      shell.close();
    }
    return (output.read() as Buffer | null)?.toString() ?? "";
  };

  before((done) => {
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      // A socket without a reader would not notice that the other end closes.
      socket.resume();
      behave(socket);
    });
    server.listen(0, "127.0.0.1", done);
  });
  after((done) => void server.close(done));

  it("prints each line's whole answer, without greeting and prompts", async () => {
    behave = gogo;
    expect(await run("lb\necho x\n")).to.equal("ran lb\npart two\nran echo x\npart two\n");
  });

  it("refuses telnet's offers before it continues", async () => {
    const heard: Buffer[] = [];
    behave = (socket) => {
      socket.write(Buffer.from([255, 251, 1, 255, 253, 31, ...Buffer.from("g! ")]));
      socket.on("data", (chunk: Buffer) => {
        heard.push(chunk);
        if (chunk.includes(10)) socket.write("done\r\ng! ");
      });
    };
    expect(await run("lb")).to.equal("done\r\n");
    expect([...Buffer.concat(heard)]).to.deep.equal([255, 254, 1, 255, 252, 31, ...Buffer.from("lb\n")]);
  });

  it("ends with the answer of a shell without prompts, and reports a missing answer", async () => {
    behave = (socket) => socket.on("data", (chunk: Buffer) => socket.write(`got ${chunk.toString()}`));
    expect(await run("help")).to.equal("got help\n");
    behave = (socket) => void socket.write("-> ");
    const error = await run("lb").then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    expect(error).to.match(/did not answer "lb" within 0\.7 s/);
  }).timeout(5000);

  it("reports a shell that ends between two lines", async () => {
    behave = (socket) => {
      socket.write("g! ");
      socket.once("data", () => socket.end("bye\n"));
    };
    const error = await run("exit\nlb\n").then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    expect(error).to.match(/the shell ended before the line "lb"/);
    expect(await run("exit\n")).to.equal("bye\n");
  });

  it("is joined with the terminal until either ends", async () => {
    behave = gogo;
    const [typed, shown] = [new PassThrough(), new PassThrough()];
    const shell = open();
    const joined = interact(shell, typed, shown);
    typed.write("lb\n");
    await sleep(500);
    typed.end();
    await joined;
    expect(String(shown.read())).to.match(/Gogo\r\n\r\ng! ran lb\npart two\ng! $/);
    behave = (socket) => socket.end("bye\n");
    await interact(open(), new PassThrough(), new PassThrough());
  });

  it("has prompts that are recognised at the end of its output", () => {
    for (const text of ["g! ", "x\r\ng! ", "-> ", "a\n-> ", "> "]) expect(endsWithPrompt(text), text).to.equal(true);
    for (const text of ["", "a -> b", "wait! no", "say hi! ", "g!", "a\ng! \n"]) {
      expect(endsWithPrompt(text), text).to.equal(false);
    }
  });
});

describe("the pod that a word names", () => {
  const pod = (name: string, ending = false): AgentPod => ({
    pod: name,
    group: "inaetics-agent",
    kind: "felix",
    node: "node-1",
    ready: true,
    ending,
    restarts: 0,
    startedAt: null,
    reason: null,
  });
  const pods = [pod("inaetics-agent-abc12"), pod("inaetics-agent-abd34"), pod("inaetics-agent-gone1", true)];

  it("is the pod with this name, beginning or part", () => {
    expect(choosePod(pods, "inaetics-agent-abd34").pod).to.equal("inaetics-agent-abd34");
    expect(choosePod(pods, "inaetics-agent-abc").pod).to.equal("inaetics-agent-abc12");
    expect(choosePod(pods, "d34").pod).to.equal("inaetics-agent-abd34");
    expect(choosePod([...pods, pod("inaetics-agent-abc123")], "inaetics-agent-abc12").pod).to.equal(
      "inaetics-agent-abc12",
    );
  });

  it("is an error with the allowed or matching pods when none or several match", () => {
    expect(() => choosePod(pods, "absent")).to.throw(/no agent is called "absent".*\n {2}inaetics-agent-abc12\n/);
    expect(() => choosePod(pods, "inaetics-agent-ab")).to.throw(/matches several names:\n.*abc12\n.*abd34$/);
    expect(() => choosePod(pods, "gone1")).to.throw(/no agent is called/);
    expect(() => choosePod(pods, "")).to.throw(/no pod is named/);
    expect(() => choosePod([], "x")).to.throw(/no agents run/);
  });
});
