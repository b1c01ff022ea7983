/**
 * Units, templates and scripts of the boxes, as far as tests without a box can check them: they agree with each other
 * and with the settings that components write, and the scripts refuse bad input. The cluster layer proves that a box
 * boots and serves.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { repository } from "../support/repository";

const vagrant = join(repository, "vagrant");
const script = (name: string): string => join(vagrant, "scripts", name);

function files(folder: string): readonly string[] {
  return readdirSync(join(vagrant, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(vagrant, folder, name))
    .filter((name) => statSync(name).isFile());
}

/** Names of cluster.env, as apply demands them. */
const settings = /^required="([^"]*)"/m.exec(readFileSync(script("apply"), "utf8"))?.[1]?.split(/\s+/) ?? [];

interface Outcome {
  readonly code: number | null;
  readonly error: string;
}

function run(command: string, args: readonly string[], environment: Record<string, string> = {}): Outcome {
  const result = spawnSync(command, args, {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...environment },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { code: result.status, error: result.stderr };
}

describe("settings of boxes", () => {
  it("have the names that apply requires", () => {
    expect(settings).to.include.members(["ROLE", "BOX_ADDRESS", "CONTROLLERS", "REGISTRY", "NODE_PORT_RANGE"]);
  });

  it("fill every placeholder of the templates", () => {
    const known = [...settings, "MTU", "PROXY_NODE"];
    const used = files("config").flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/@([A-Z_]+)@/g)].map((match) => match[1] ?? ""),
    );
    expect(used).to.have.length.greaterThan(10);
    expect(known).to.include.members(used);
  });

  it("define every variable of the units", () => {
    for (const file of files("units")) {
      const text = readFileSync(file, "utf8");
      const used = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => match[1] ?? "");
      expect(settings, file).to.include.members(used);
      if (used.length > 0) expect(text, file).to.include("EnvironmentFile=/etc/inaetics/cluster.env");
    }
  });
});

describe("units", () => {
  it("start again by themselves, in any order of boxes and units", () => {
    expect(files("units")).to.have.length.greaterThan(12);
    for (const file of files("units")) {
      const text = readFileSync(file, "utf8");
      expect(text, file).to.match(/^Restart=(always|on-failure)$/m);
      expect(text, file).to.include("StartLimitIntervalSec=0");
      expect(text, file).to.include("WantedBy=multi-user.target");
    }
  });

  it("restart when their certificates change, because each names its own as inputs", () => {
    for (const file of files("units")) {
      const text = readFileSync(file, "utf8");
      const inputs = /^X-Inputs=(.*)$/m.exec(text)?.[1] ?? "";
      const used = [...text.matchAll(/\/etc\/inaetics\/(?:pki\/[a-z-]+\.pem|kubeconfig\/[a-z-]+|[\w.-]+\.yaml)/g)]
        .map((match) => match[0])
        .filter((path) => !path.endsWith("-key.pem") && !path.endsWith("/admin"));
      expect(inputs.split(" "), file).to.include.members(used);
    }
  });

  it("are found under the programs' names in the read-only folder or in Debian", () => {
    const programs = files("units").map((file) => /^ExecStart=(\S+)/m.exec(readFileSync(file, "utf8"))?.[1] ?? "");
    for (const program of programs) expect(program).to.match(/^\/(opt\/inaetics\/(bin|vagrant\/scripts)|usr\/s?bin)\//);
  });
});

describe("scripts/box", () => {
  const environment = {
    INAETICS_CLUSTER: "inaetics-unit",
    INAETICS_SUBNET: "172.30.99.0/24",
    INAETICS_BOXES: '{"node-1": "172.30.99.31"}',
    VAGRANT_DOTFILE_PATH: "/nonexistent/node-1",
    INAETICS_CACHE: "/nonexistent/cache",
  };

  it("names the allowed actions", () => {
    const outcome = run(script("box"), ["start", "node-1"], environment);
    expect(outcome.code).to.equal(1);
    expect(outcome.error).to.include("got action 'start'; allowed: up, halt, destroy, status");
  });

  it("names the existing boxes", () => {
    const outcome = run(script("box"), ["up", "node-2"], environment);
    expect(outcome.error).to.include("no box is called 'node-2'").and.include("node-1");
  });

  it("names a missing setting", () => {
    const outcome = run(script("box"), ["up", "node-1"], { ...environment, INAETICS_SUBNET: "" });
    expect(outcome.error).to.include("INAETICS_SUBNET is not set");
  });

  it("shows how to start a docker daemon that does not answer", () => {
    const folder = mkdtempSync(join(tmpdir(), "inaetics-box-"));
    try {
      const docker = join(folder, "docker");
      writeFileSync(docker, "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n", { mode: 0o755 });
      const outcome = run(script("box"), ["up", "node-1"], {
        ...environment,
        PATH: `${folder}:${process.env.PATH ?? ""}`,
      });
      expect(outcome.code).to.equal(1);
      expect(outcome.error).to.include("the docker daemon does not answer").and.include("dockerd");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("scripts/wait-for", () => {
  it("names the allowed conditions", () => {
    const outcome = run(script("wait-for"), ["etcdd"]);
    expect(outcome.code).to.equal(2);
    expect(outcome.error).to.include("got 'etcdd'; allowed: etcd registry docker");
  });

  it("refuses a time-out that is not a number", () => {
    expect(run(script("wait-for"), ["etcd", "--timeout", "soon"]).error).to.include("got --timeout 'soon'");
  });
});
