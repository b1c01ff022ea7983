/** Configuration files of boxes. It does not prove that a box accepts them; the cluster layer does. */
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import * as fc from "fast-check";
import { archive } from "../../components/box/archive";
import { nextGeneration } from "../../components/box/generations";
import { certificateFiles, clusterEnvironment } from "../../components/box/files";
import { controllerCertificates, nodeCertificates } from "../../components/cluster/certificates";
import { kubeconfigText } from "../../components/cluster/kubeconfig";
import { issueCertificate, makeAuthority } from "../../components/pki/x509";
import { parseSettings, planCluster } from "@inaetics/model/cluster";
import { environmentFile, quote } from "@inaetics/base";
import { knownHostsText } from "../../components/box/SshLogin";

const settings = parseSettings({});
const plan = planCluster(settings, "dev");

describe("quote", () => {
  it("gives a real shell the same word", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 20 }), (words) => {
        const clean = words.map((word) => word.replaceAll("\0", "").toWellFormed());
        const printed = execFileSync("sh", ["-c", `printf '%s\\n--\\n' ${clean.map(quote).join(" ")}`], {
          encoding: "utf8",
        });
        expect(printed).to.equal(clean.map((word) => `${word}\n--\n`).join(""));
      }),
      { numRuns: 30 },
    );
  });

  it("refuses a NUL character", () => {
    expect(() => quote("a\0b")).to.throw("NUL");
  });
});

describe("environmentFile", () => {
  it("refuses what a shell would read differently", () => {
    expect(() => environmentFile({ A: "b c" })).to.throw("environment file cannot hold");
    expect(() => environmentFile({ "A B": "c" })).to.throw("not the name");
  });

  it("gives a box its role, name and address", () => {
    const node = plan.nodes["node-2"];
    expect(node).not.to.equal(undefined);
    const { content } = clusterEnvironment(plan, settings, node ?? plan.controller, "v1.2.3");
    expect(content).to.contain("ROLE=node\nBOX_NAME=node-2\nBOX_ADDRESS=172.30.8.32\nCONTROLLER_ADDRESS=172.30.8.20\n");
  });
});

describe("archive", () => {
  it("is the same for the same files in any order, and unpacks with the right modes", async () => {
    const files = certificateFiles("ca", { a: { certificate: "c", key: "k" } });
    const text = await archive(files);
    expect(await archive([...files].reverse())).to.equal(text);
    const listing = execFileSync("tar", ["-tv"], { input: Buffer.from(text, "base64"), encoding: "utf8" });
    const entries = listing.trim().split("\n");
    expect(entries.map((line) => `${line.slice(0, 10)} ${line.split(" ").at(-1) ?? ""}`)).to.deep.equal([
      "-rw------- pki/a-key.pem",
      "-rw-r--r-- pki/a.pem",
      "-rw-r--r-- pki/ca.pem",
    ]);
  });
});

describe("certificates", () => {
  it("are signed by the authority and valid for exactly what was asked", async () => {
    const authority = await makeAuthority("inaetics-test", 10);
    const issuer = new X509Certificate(authority.certificate);
    expect(issuer.ca).to.equal(true);
    const pair = await issueCertificate(
      authority,
      controllerCertificates(plan, plan.controller)["apiserver"] ?? { commonName: "", usage: "client" },
      5,
    );
    const certificate = new X509Certificate(pair.certificate);
    expect(certificate.verify(issuer.publicKey)).to.equal(true);
    expect(certificate.checkIssued(issuer)).to.equal(true);
    expect(certificate.checkIP("172.30.8.20")).to.equal("172.30.8.20");
    expect(certificate.checkIP("10.3.0.1")).to.equal("10.3.0.1");
    expect(certificate.checkIP("172.30.8.31")).to.equal(undefined);
    expect(certificate.checkHost("kubernetes.default.svc.cluster.local")).to.equal(
      "kubernetes.default.svc.cluster.local",
    );
    expect(certificate.keyUsage).to.deep.equal(["1.3.6.1.5.5.7.3.1"]);
    expect(certificate.ca).to.equal(false);
  });

  it("name a node as the Node authorizer wants it", async () => {
    const authority = await makeAuthority("inaetics-test", 10);
    const request = nodeCertificates({ name: "node-1", address: "172.30.8.31" })["kubelet"];
    const pair = await issueCertificate(authority, request ?? { commonName: "", usage: "client" }, 5);
    expect(new X509Certificate(pair.certificate).subject).to.equal("CN=system:node:node-1\nO=system:nodes");
  });

  it("give no node a key of another role", () => {
    const names = Object.keys(nodeCertificates({ name: "node-1", address: "172.30.8.31" }));
    expect(names).to.deep.equal(["kubelet", "kube-proxy", "etcd-flannel"]);
  });
});

describe("kubeconfig", () => {
  it("has one context, named like the cluster", () => {
    const text = kubeconfigText(plan, "ca", { certificate: "c", key: "k" });
    expect(text).to.contain("current-context: inaetics-dev").and.contain("server: https://172.30.8.20:6443");
  });
});

describe("knownHostsText", () => {
  it("leaves the comment out", () => {
    expect(knownHostsText({ "172.30.8.20": "ssh-ed25519 AAAA controller host key\n" })).to.equal(
      "172.30.8.20 ssh-ed25519 AAAA\n",
    );
  });
});

describe("nextGeneration", () => {
  it("stays for a running box and for one never made", () => {
    expect(nextGeneration("3", { state: "running", since: "x" })).to.equal("3");
    expect(nextGeneration(undefined, { state: "absent", since: "" })).to.equal("1");
  });

  it("is a new one for a dead box, and the same one however often it is asked", () => {
    const halted = { state: "halted", since: "2026-01-01T00:00:00Z" } as const;
    const next = nextGeneration("1", halted);
    expect(next).not.to.equal("1");
    expect(nextGeneration("1", halted)).to.equal(next);
    expect(nextGeneration(next, { state: "running", since: "" })).to.equal(next);
    expect(nextGeneration(next, { state: "absent", since: "" })).not.to.equal(next);
  });

  it("changes once when a box was made again without an update", () => {
    const next = nextGeneration("2 removed", { state: "new", since: "" });
    expect(next).to.equal("3 new");
    expect(nextGeneration(next, { state: "running", since: "" })).to.equal(next);
  });

  it("changes once for a box that was made from another folder", () => {
    const next = nextGeneration("2 removed", { state: "moved", since: "" });
    expect(next).to.equal("3 moved");
    expect(nextGeneration(next, { state: "running", since: "" })).to.equal(next);
  });
});
