/**
 * The encryption of copies and backups.
 *
 * Does not prove that the program `age` opens them.
 */
import { expect } from "chai";
import { Failure } from "@inaetics/workstation";
import { seal, unseal } from "@inaetics/stack";

describe("sealed content", function () {
  this.timeout(60_000);
  const text = "secret content";
  let sealed: Uint8Array;

  before(async () => {
    sealed = await seal(Buffer.from(text), "abc");
  });

  it("does not show what it holds, and names age's format", () => {
    expect(Buffer.from(sealed).toString("latin1")).not.to.contain(text);
    expect(Buffer.from(sealed).toString("latin1")).to.match(/^age-encryption\.org\/v1\n/);
  });

  it("is opened by its passphrase", async () =>
    expect(Buffer.from(await unseal(sealed, "abc", "copy")).toString()).to.equal(text));

  it("is refused with another passphrase, by its name", async () => {
    const error = await unseal(sealed, "abd", "copy").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Failure);
    expect((error as Failure).message).to.contain("copy cannot be decrypted");
  });

  it("is refused when a byte differs", async () => {
    const damaged = Uint8Array.from(sealed);
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
    const error = await unseal(damaged, "abc", "copy").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Failure);
  });
});
