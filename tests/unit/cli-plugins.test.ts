/**
 * The start of the kubernetes provider. Does not prove that the provider leaves its files in the given folder: a
 * program that writes one stands in for it.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { kubernetesScript } from "../../cli/setup/plugins";

describe("the start of the kubernetes provider", () => {
  let folder: string;
  let files: string;
  const start = (stack: string, ...args: readonly string[]): string => {
    const env = { ...process.env, TMPDIR: folder, INAETICS_STACK: stack };
    return execFileSync("/bin/sh", [path.join(folder, "start"), ...args], { encoding: "utf8", env });
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-plugins-"));
    const runs = path.join(folder, "it's a folder");
    files = path.join(runs, "dev", "provider");
    const program = path.join(folder, "provider");
    writeFileSync(program, `#!/bin/sh\nmktemp "$TMPDIR/kubeconfigXXXXXX"\necho "$# $1"\nexit 3\n`);
    chmodSync(program, 0o755);
    writeFileSync(path.join(folder, "start"), `${kubernetesScript(program, runs)}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("passes arguments and exit code on, and keeps its files readable by its user alone", () => {
    expect(() => start("dev", "127.0.0.1:1 2"))
      .to.throw()
      .with.property("stdout")
      .that.matches(/\n1 127\.0\.0\.1:1 2\n$/);
    expect(readdirSync(files)).to.have.length(1);
    expect(statSync(files).mode & 0o777).to.equal(0o700);
  });

  it("leaves TMPDIR unchanged outside the project's stacks", () => {
    expect(() => start("")).to.throw();
    expect(readdirSync(folder).filter((name) => name.startsWith("kubeconfig"))).to.have.length(1);
  });

  it("removes kubeconfigs of earlier runs after a day, and nothing else", () => {
    mkdirSync(files, { recursive: true });
    const old = (Date.now() - 25 * 3600_000) / 1000;
    for (const name of ["kubeconfig1", "chart"]) {
      writeFileSync(path.join(files, name), "");
      utimesSync(path.join(files, name), old, old);
    }
    writeFileSync(path.join(files, "kubeconfig2"), "");
    expect(() => start("dev")).to.throw();
    const has = (name: string) => existsSync(path.join(files, name));
    expect([has("kubeconfig1"), has("chart"), has("kubeconfig2")]).to.deep.equal([false, true, true]);
  });
});
