/**
 * Local Helm charts and Kustomize folders through the kubernetes provider; all their objects are in the preview.
 * Does not prove: charts of registries, which need a network, nor Helm's hooks and releases.
 */
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { repeatable } from "../../components/options";
import { ApiServer } from "../support/apiserver";
import type { Outcome } from "./engine";
import { KubernetesEngine } from "./kubernetes";
import { makeNamespace, sharedServer } from "../support/server";
import { nameOf, object, text } from "../support/objects";

const namespace = "packages";

const chart = {
  "Chart.yaml": "apiVersion: v2\nname: greeter\nversion: 0.1.0\n",
  "values.yaml": "greeting: hello\nextra: false\n",
  "templates/config.yaml": `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-greeting
data:
  greeting: {{ .Values.greeting | quote }}
{{- if .Values.extra }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}-extra
{{- end }}
`,
};

const kustomization = (greeting: string) => ({
  "kustomization.yaml": `
namespace: ${namespace}
namePrefix: custom-
resources: [account.yaml]
configMapGenerator:
  - name: greeting
    literals: [greeting=${greeting}]
generatorOptions: { disableNameSuffixHash: true }
`,
  "account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: account }\n",
});

const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
const cronJob = {
  schedule: "0 0 1 1 *",
  jobTemplate: {
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "none" }] } } },
  },
};

describe("kubernetes: charts and kustomizations", function () {
  this.timeout(120_000);
  let server: ApiServer;
  let engine: KubernetesEngine;
  let folder: string;

  const write = (name: string, files: Readonly<Record<string, string>>): string => {
    for (const [file, content] of Object.entries(files)) {
      const target = path.join(folder, name, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
    return path.join(folder, name);
  };
  const greeting = async (name: string): Promise<string> =>
    text(await server.api.get(object("v1", "ConfigMap", name, namespace)), "data", "greeting");
  const own = async (kind: string): Promise<readonly string[]> => {
    const names = (await server.api.list(object("v1", kind, "", namespace))).map(nameOf);
    return names.filter((name) => /^(chart|custom)-/.test(name));
  };
  const changed = ({ steps }: Outcome): readonly string[] =>
    steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);

  before(async () => {
    ({ server } = await sharedServer());
    await makeNamespace(server, namespace);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-packages-"));
    engine = new KubernetesEngine(server.kubeconfig, namespace);
  });
  afterEach(async () => {
    await engine.cleanUp();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes a chart's objects, changes those that other values change, and removes all", async () => {
    const place = write("chart", chart);
    const program = (values: object) =>
      engine.write(
        `new k8s.helm.v4.Chart("chart", { chart: ${JSON.stringify(place)}, namespace: "${namespace}",
          values: ${JSON.stringify(values)} }, options);`,
        repeatable,
      );
    program({});
    await engine.succeed("up");
    expect(await greeting("chart-greeting")).to.equal("hello");
    await engine.succeed("preview", ["--expect-no-changes"]);
    program({ greeting: "goodbye", extra: true });
    expect(changed(await engine.succeed("up"))).to.have.members([
      "create chart:packages/chart-extra",
      "update chart:packages/chart-greeting",
    ]);
    expect(await greeting("chart-greeting")).to.equal("goodbye");
    expect(await own("ServiceAccount")).to.deep.equal(["chart-extra"]);
    await engine.succeed("destroy");
    expect([...(await own("ConfigMap")), ...(await own("ServiceAccount"))]).to.deep.equal([]);
  });

  it("makes a kustomization's objects, changes what its files change, and removes all", async () => {
    const place = write("kustomization", kustomization("hello"));
    engine.write(
      `new k8s.kustomize.v2.Directory("custom", { directory: ${JSON.stringify(place)} }, options);`,
      repeatable,
    );
    await engine.succeed("up");
    expect(await greeting("custom-greeting")).to.equal("hello");
    expect(await own("ServiceAccount")).to.deep.equal(["custom-account"]);
    await engine.succeed("preview", ["--expect-no-changes"]);
    write("kustomization", kustomization("goodbye"));
    expect(changed(await engine.succeed("up"))).to.deep.equal(["update custom:packages/custom-greeting"]);
    expect(await greeting("custom-greeting")).to.equal("goodbye");
    await engine.succeed("destroy");
    expect([...(await own("ConfigMap")), ...(await own("ServiceAccount"))]).to.deep.equal([]);
  });

  it("lets a program change a chart whose name is an output of another resource", async () => {
    const place = write("chart", chart);
    const renderer = path.join(folder, "rename");
    writeFileSync(renderer, '#!/bin/sh\nsed "s/hello/$1/"\n', { mode: 0o755 });
    engine.write(
      `const first = new k8s.core.v1.ConfigMap("first",
         { metadata: metadata("chart-first"), data: { renderer: ${JSON.stringify(renderer)} } }, options);
       const command = first.data.apply((data) => data.renderer);
       new k8s.helm.v4.Chart("chart", { chart: ${JSON.stringify(place)}, namespace: "${namespace}",
         postRenderer: { command, args: ["howdy"] }, repositoryOpts: { username: "nobody", password: command } }, options);`,
      repeatable,
    );
    await engine.succeed("up");
    expect(await greeting("chart-greeting")).to.equal("howdy");
    await engine.succeed("preview", ["--expect-no-changes"]);
    await engine.succeed("destroy");
  });

  it("makes a manifest's objects with the types that they have by themselves, and keeps its secrets", async () => {
    const objects = [
      { apiVersion: "v1", kind: "Secret", metadata: { name: "chart-login", namespace }, stringData: { word: "xyzzy" } },
      { apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "chart-job", namespace }, spec: cronJob },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "chart-role", namespace },
        rules,
      },
    ];
    engine.write(`new k8s.yaml.v2.ConfigGroup("group", { objs: ${JSON.stringify(objects)} }, options);`, repeatable);
    const { steps } = await engine.succeed("up");
    expect(steps.map(({ type }) => type)).to.include.members([
      "kubernetes:core/v1:Secret",
      "kubernetes:batch/v1:CronJob",
      "kubernetes:rbac.authorization.k8s.io/v1:Role",
    ]);
    expect(engine.stateText()).not.to.include("xyzzy");
    await engine.succeed("preview", ["--expect-no-changes"]);
    await engine.succeed("destroy");
  });
});
