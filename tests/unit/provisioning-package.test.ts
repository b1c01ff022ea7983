/**
 * Reading of uploaded bundles; writing and signing of deployment packages so that other tools accept them.
 * Not proven here: that the agents accept them (their own tests do).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import * as yauzl from "yauzl";
import { issueCertificate, makeAuthority, type KeyPair } from "../../components/pki/x509";
import { readBundle } from "../../images/node-provisioning/src/packages/bundle";
import { formatSection, parseMainSection } from "../../images/node-provisioning/src/packages/manifest";
import {
  writePackage,
  type PackageContent,
  type Resource,
} from "../../images/node-provisioning/src/packages/signedJar";
import { Problem } from "@inaetics/service";
import { Signer } from "../../images/node-provisioning/src/packages/signature";
import { makeBundle, zipOf } from "../support/bundles";

const run = promisify(execFile);

describe("provisioning: manifests", () => {
  it("have lines of at most 72 bytes, and keep their content", () => {
    const text = fc.stringMatching(/^[!-9;-~]{1,300}$/);
    fc.assert(
      fc.property(text, text, (one, other) => {
        const section = formatSection([
          ["Manifest-Version", one],
          ["Long", other],
        ]);
        for (const line of section.split("\r\n")) expect(line.length + 2).to.be.at.most(72);
        expect([...parseMainSection(`${section}Name: x\r\n\r\n`)]).to.deep.equal([
          ["manifest-version", one],
          ["long", other],
        ]);
      }),
    );
    expect(parseMainSection("\uFEFFA:1\nb: 2\n 3\n").get("b")).to.equal("23");
  });
});

describe("provisioning: bundles", () => {
  let folder: string;
  const file = (content: Uint8Array): string => {
    const name = path.join(folder, "upload");
    fs.writeFileSync(name, content);
    return name;
  };
  const refused = async (content: Uint8Array): Promise<string> => {
    const error: unknown = await readBundle(file(content)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Problem);
    expect((error as Problem).statusCode).to.equal(400);
    return (error as Problem).message;
  };
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-bundles-"))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it("of both platforms are recognised", async () => {
    const osgi = makeBundle("org.inaetics.demonstrator.api", "1.2");
    expect(await readBundle(file(osgi))).to.deep.equal({
      name: "org.inaetics.demonstrator.api",
      version: "1.2.0",
      platform: "osgi",
      sha256: createHash("sha256").update(osgi).digest("hex"),
      size: osgi.length,
    });
    const celix = makeBundle("inaetics_processor", "1.0.0", { "Bundle-Activator": "libprocessor.so" });
    expect(await readBundle(file(celix))).to.include({ name: "inaetics_processor", platform: "celix" });
    const parameters = makeBundle("org.x;singleton:=true", "1.0.0", { "Bundle-Activator": "org.x.Activator" });
    expect(await readBundle(file(parameters))).to.include({ name: "org.x", platform: "osgi" });
  });

  it("are refused with the reason if the file is none", async () => {
    expect(await refused(Buffer.from("rubbish"))).to.include("not a complete zip");
    expect(await refused(Buffer.alloc(0))).to.include("not a complete zip");
    expect(await refused(zipOf({ "a.txt": "x" }))).to.include("META-INF/MANIFEST.MF");
    expect(await refused(zipOf({ "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n" }))).to.include("SymbolicName");
    expect(await refused(makeBundle("a b", "1.0.0"))).to.include(`got "a b"`);
    expect(await refused(makeBundle("a", "one"))).to.include(`Bundle-Version: got "one"`);
  });

  it("are refused if they are truncated or damaged anywhere", async () => {
    const whole = makeBundle("org.inaetics.demonstrator.api", "1.0.0", {}, { "data.bin": "0123456789".repeat(20) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        expect(await refused(whole.subarray(0, length))).to.be.a("string");
      }),
      { numRuns: 60 },
    );
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf("0123456789") + 50;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(await refused(damaged)).to.include("data.bin is damaged");
  });
});

describe("provisioning: deployment packages", function () {
  this.timeout(60_000);
  let folder: string;
  let authority: KeyPair;
  let signing: KeyPair;
  const file = (name: string): string => path.join(folder, name);
  const resource = (name: string, content: Buffer): Resource => ({
    name,
    version: "1.0.0",
    content,
    sha256: createHash("sha256").update(content).digest("hex"),
  });
  const content = (): PackageContent => ({
    group: "inaetics-processor",
    version: "2.0.0",
    platform: "osgi" as const,
    resources: [
      resource("org.inaetics.demonstrator.api", makeBundle("org.inaetics.demonstrator.api", "1.0.0")),
      resource(`org.inaetics.${"long.".repeat(20)}name`, makeBundle("long", "1.0.0")),
    ],
  });
  const write = async (name: string): Promise<{ sha256: string; size: number }> =>
    writePackage(file(name), content(), new Signer(signing.certificate, signing.key));

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-package-"));
    authority = await makeAuthority("test authority", 1);
    signing = await issueCertificate(authority, { commonName: "inaetics-provisioning", usage: "signing" }, 1);
    fs.writeFileSync(file("ca.pem"), authority.certificate);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** Content of the entries by their names, in their order. */
  async function entries(name: string): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const zip = await yauzl.openPromise(file(name), { lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      expect(entry.generalPurposeBitFlag & 8, "sizes come before the content").to.equal(0);
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      found.set(entry.fileName, Buffer.concat(chunks));
    }
    return found;
  }

  it("are equal in bytes for equal content, at any time and in any time zone", async () => {
    const first = await write("first.dp");
    const zone = process.env["TZ"];
    process.env["TZ"] = "Asia/Tokyo";
    const second = await write("second.dp").finally(() => {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    });
    expect(second).to.deep.equal(first);
    const bytes = fs.readFileSync(file("first.dp"));
    expect(first).to.deep.equal({ sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length });
  });

  it("have manifest and signature first, then the bundles in order, with their digests", async () => {
    await write("a.dp");
    const found = await entries("a.dp");
    const long = `bundles/org.inaetics.${"long.".repeat(20)}name-1.0.0.jar`;
    const api = "bundles/org.inaetics.demonstrator.api-1.0.0.jar";
    const meta = ["MANIFEST.MF", "INAETICS.SF", "INAETICS.EC"].map((name) => `META-INF/${name}`);
    expect([...found.keys()]).to.deep.equal([...meta, api, long]);
    const manifest = found.get("META-INF/MANIFEST.MF")?.toString() ?? "";
    expect(manifest).to.match(
      /^Manifest-Version: 1.0\r\nDeploymentPackage-SymbolicName: inaetics-processor\r\nDeploymentPackage-Version: 2.0.0\r\n/,
    );
    const digest = createHash("sha256")
      .update(found.get(api) ?? "")
      .digest("base64");
    expect(manifest).to.include("Inaetics-Platform: osgi\r\n");
    expect(manifest).to.include(
      `Name: ${api}\r\nBundle-SymbolicName: org.inaetics.demonstrator.api\r\nBundle-Version: 1.0.0\r\nSHA-256-Digest: ${digest}\r\n\r\n`,
    );
  });

  it("pass the JDK's jarsigner in strict mode, and fail after a byte was changed", async () => {
    await write("j.dp");
    const store = file("trust.p12");
    // Short-lived JVMs compile less and collect garbage with one thread.
    const java = ["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"];
    const password = [...java, "-storepass", "secret", "-keystore", store];
    fs.writeFileSync(file("signer.pem"), signing.certificate);
    for (const alias of ["ca", "signer"]) {
      await run("keytool", ["-importcert", "-noprompt", "-alias", alias, "-file", file(`${alias}.pem`), ...password]);
    }
    const verify = async (name: string): Promise<string> =>
      run("jarsigner", ["-verify", "-strict", "-verbose", "-certs", ...password, file(name)]).then(
        ({ stdout }) => stdout,
        (error: unknown) => `failed: ${(error as { stdout: string }).stdout}`,
      );
    const good = await verify("j.dp");
    expect(good)
      .to.include("jar verified.")
      .and.include("CN=inaetics-provisioning")
      .and.not.match(/^failed/);
    for (const text of ["Inaetics-Platform: osgi", "PAYLOAD", "Signature-Version: 1.0"]) {
      const bytes = fs.readFileSync(file("j.dp"));
      const at = bytes.indexOf(text) + text.length - 1;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      fs.writeFileSync(file("changed.dp"), bytes);
      expect(await verify("changed.dp"), text).to.match(/^failed/);
    }
  });

  it("pass OpenSSL's check against the authority's certificate", async () => {
    await write("o.dp");
    const found = await entries("o.dp");
    fs.writeFileSync(file("o.sf"), found.get("META-INF/INAETICS.SF") ?? "");
    fs.writeFileSync(file("o.ec"), found.get("META-INF/INAETICS.EC") ?? "");
    const verify = (text: string): Promise<{ stderr: string }> => {
      const signature = ["-inform", "DER", "-in", file("o.ec"), "-content", text, "-binary"];
      return run("openssl", [
        "cms",
        "-verify",
        ...signature,
        "-CAfile",
        file("ca.pem"),
        "-purpose",
        "any",
        "-out",
        "/dev/null",
      ]);
    };
    expect((await verify(file("o.sf"))).stderr).to.match(/successful/i);
    fs.appendFileSync(file("o.sf"), "x");
    expect(await verify(file("o.sf")).catch(() => "refused")).to.equal("refused");
  });

  it("need a signing key that belongs to the certificate", () => {
    expect(() => new Signer(authority.certificate, signing.key)).to.throw("not that of the signing key");
  });
});
