/** Deployment packages: signed jars as OSGi Compendium 114 describes them. The same content gives the same bytes. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import type { Platform } from "@inaetics/model";
import { formatSection, type Section } from "./manifest";
import type { Signer } from "./signature";

export interface Resource {
  /** Bundle-SymbolicName. */
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly content: Buffer;
}

export interface PackageContent {
  /** The targets' group. */
  readonly group: string;
  readonly version: string;
  readonly platform: Platform;
  readonly resources: readonly Resource[];
}

/** Writes the package to a file. Returns its SHA-256 (hex) and size in bytes. */
export async function writePackage(
  file: string,
  content: PackageContent,
  signer: Signer,
): Promise<{ sha256: string; size: number }> {
  const { main, sections } = manifestOf(content);
  const manifest = main + sections.join("");
  const signature = signatureFile(manifest, main, content.resources.map(pathOf(content.platform)), sections);
  const zip = new ZipFile();
  // Uses the same local time everywhere, because a zip's times have no zone.
  const options = { mtime: new Date(2000, 0, 1), forceDosTimestamp: true, mode: 0o100644, compress: false };
  const add = (name: string, bytes: Buffer): void => zip.addBuffer(bytes, name, options);
  add("META-INF/MANIFEST.MF", Buffer.from(manifest));
  add("META-INF/INAETICS.SF", Buffer.from(signature));
  add("META-INF/INAETICS.EC", signer.sign(Buffer.from(signature)));
  for (const each of content.resources) add(pathOf(content.platform)(each), each.content);
  zip.end();
  const hash = createHash("sha256");
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(zip.outputStream, measure, createWriteStream(file));
  return { sha256: hash.digest("hex"), size };
}

function pathOf(platform: Platform): (resource: Resource) => string {
  return ({ name, version }) => `bundles/${name}-${version}.${platform === "osgi" ? "jar" : "zip"}`;
}

function manifestOf({ group, version, platform, resources }: PackageContent): { main: string; sections: string[] } {
  const main: Section = [
    ["Manifest-Version", "1.0"],
    ["DeploymentPackage-SymbolicName", group],
    ["DeploymentPackage-Version", version],
    ["DeploymentPackage-Name", group],
    ["DeploymentPackage-ManifestVersion", "1"],
    ["Inaetics-Platform", platform],
  ];
  const sections = resources.map((each) =>
    formatSection([
      ["Name", pathOf(platform)(each)],
      ["Bundle-SymbolicName", each.name],
      ["Bundle-Version", each.version],
      ["SHA-256-Digest", Buffer.from(each.sha256, "hex").toString("base64")],
    ]),
  );
  return { main: formatSection(main), sections };
}

/** Text that is signed: digests of the manifest, of its main section and of each section, as jarsigner writes them. */
function signatureFile(manifest: string, main: string, names: readonly string[], sections: readonly string[]): string {
  const head = formatSection([
    ["Signature-Version", "1.0"],
    ["SHA-256-Digest-Manifest-Main-Attributes", digest(main)],
    ["SHA-256-Digest-Manifest", digest(manifest)],
    ["Created-By", "inaetics node-provisioning"],
  ]);
  const rest = sections.map((section, index) =>
    formatSection([
      ["Name", names[index] ?? ""],
      ["SHA-256-Digest", digest(section)],
    ]),
  );
  return head + rest.join("");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
