/**
 * Values, secrets and differences of the offline plugins.
 * Does not prove: that the engine understands them (tests/engine does).
 */
import * as grpc from "@grpc/grpc-js";
import { expect } from "chai";
import * as fc from "fast-check";
import { differences, Properties, Secret, secret, unknown, Value } from "../../plugins/lib";
import { errorStatus } from "../../plugins/lib/messages";
import { InvalidArgument } from "../../plugins/lib/provider";
import { reveal, secretsLike } from "../../plugins/lib/secrets";
import { Archive, Asset, containsUnknown, fromWire, toWire } from "../../plugins/lib/values";

const { value } = fc.letrec<{ value: Value; object: Properties }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.constant(unknown),
    fc.constant(new Asset({ text: "text" })),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
    tie("value").map((inner) => secret(inner)),
  ),
  object: fc.dictionary(fc.string({ minLength: 1 }), tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));

describe("values of the plugins", () => {
  it("come back from the wire as they were sent", () => {
    fc.assert(
      fc.property(value, (sent) => {
        const received = fromWire(JSON.parse(JSON.stringify(toWire(sent))));
        expect(JSON.stringify(toWire(received))).to.equal(JSON.stringify(toWire(sent)));
        expect(containsUnknown(received)).to.equal(containsUnknown(sent));
      }),
    );
  });

  it("keep assets in archives, and read secrets and unknowns in any place", () => {
    const archive = new Archive({ assets: { a: new Asset({ path: "/a" }), b: new Asset({ text: "b", hash: "1" }) } });
    expect(fromWire(toWire(archive))).to.deep.equal(archive);
    expect(fromWire({ list: ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"] })).to.deep.equal({ list: [unknown] });
    expect(reveal([secret({ a: secret("b") })])).to.deep.equal([{ a: "b" }]);
  });

  it("become secret where the input of the same key was", () => {
    const like = { plain: "a", password: secret("b"), nested: { key: secret("c"), open: "d" }, list: [secret("e")] };
    const outputs = { plain: "a", password: "b", nested: { key: "c", open: "d" }, list: ["e"], other: "f" };
    expect(secretsLike(outputs, like)).to.deep.equal({
      plain: "a",
      password: new Secret("b"),
      nested: { key: new Secret("c"), open: "d" },
      list: new Secret(["e"]),
      other: "f",
    });
  });
});

describe("differences", () => {
  it("are none between equal values, whatever they are, unless something is unknown", () => {
    fc.assert(
      fc.property(value, (any) => {
        const plain = reveal(any);
        const found = differences({ key: plain }, { key: fromWire(toWire(plain)) });
        expect(found.size > 0).to.equal(containsUnknown(plain));
      }),
    );
  });

  it("name paths, kinds and what must be replaced", () => {
    const before = { a: { "b.c": 1, list: [1, 2] }, gone: true, triggers: ["1"] };
    const after = { a: { "b.c": 2, list: [1, 2, 3] }, come: null, more: {}, triggers: ["2"] };
    expect(Object.fromEntries(differences(before, after, new Set(["triggers"])))).to.deep.equal({
      'a["b.c"]': { kind: "update" },
      "a.list[2]": { kind: "add" },
      gone: { kind: "delete" },
      more: { kind: "add" },
      "triggers[0]": { kind: "update", replace: true },
    });
  });

  it("compare assets by the engine's hash", () => {
    const asset = (path: string, hash: string) => ({ source: new Asset({ path, hash }) });
    expect(differences(asset("/a", "1"), asset("/b", "1")).size).to.equal(0);
    expect(differences(asset("/a", "1"), asset("/a", "2")).size).to.equal(1);
  });
});

describe("errors", () => {
  it("distinguish a wrong argument from all others", () => {
    expect(errorStatus(new Error("broken"))).to.include({ code: grpc.status.UNKNOWN, details: "broken" });
    const wrong = { code: grpc.status.INVALID_ARGUMENT, details: "wrong" };
    expect(errorStatus(new InvalidArgument("wrong"))).to.include(wrong);
  });
});
