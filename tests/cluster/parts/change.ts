/** Changes of the configuration: shown before, made exactly, refused when wrong, finished after an interruption. */
import { expect } from "chai";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { eventually } from "../../support/eventually";
import type { PodStatus, TestCluster } from "../../support/cluster/testcluster";

interface Preview {
  readonly steps?: readonly { readonly op: string; readonly urn: string }[];
  readonly changeSummary?: Readonly<Record<string, number>>;
}

export function change(cluster: TestCluster): void {
  const preview = ["pulumi", "preview", "--non-interactive"];
  const set = (key: string, value: string | number) =>
    cluster.project.succeed(["pulumi", "config", "set", key, String(value)]);

  describe("changes", () => {
    it("of producers are one changed resource in preview, and pods after up", async () => {
      await set("producers", 3);
      const { stdout } = await cluster.project.succeed([...preview, "--json"]);
      const { steps = [] } = JSON.parse(stdout) as Preview;
      const changed = steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${urn.split("::").pop()}`);
      expect(changed).to.deep.equal(["update demonstrator-producer-replicas"]);
      await cluster.project.succeed(["up"]);
      await cluster.readyPods("inaetics-producer-pod", 3, 10);
      await cluster.resultsGrow(15);
    });

    it("beyond what is allowed are refused, and nothing is changed", async () => {
      await set("producers", 99);
      for (const command of [preview, ["up"]]) {
        const { code, text } = await cluster.project.run(command);
        expect(code, text).not.to.equal(0);
        expect(text).to.match(/producers: got "99"; allowed: a whole number from 0 to 4/);
      }
      await cluster.readyPods("inaetics-producer-pod", 3, 5);
      await set("producers", 1);
    });

    it("that are interrupted are finished by the next up", async () => {
      await set("nodes", cluster.nodes.length + 1);
      const up = cluster.project.start(["up"]);
      const added = `${cluster.name}-node-${cluster.nodes.length + 1}`;
      await eventually("the added box exists", 120, () => cluster.docker("inspect", added));
      up.crash();
      expect((await up.finished).code).not.to.equal(0);
      const { text } = await cluster.project.succeed(["up"]);
      expect(text).to.contain("Dashboard");
      const nodes = await cluster.kubectl(["get", "nodes", "--no-headers"]);
      expect(nodes.match(/ Ready /g)).to.have.length(cluster.nodes.length + 1);
      await cluster.readyPods("inaetics-producer-pod", 1, 10);
    });

    it("take a node away with its box, and leave nothing to change", async () => {
      await set("nodes", cluster.nodes.length);
      await cluster.project.succeed(["up"]);
      await cluster.project.succeed([...preview, "--expect-no-changes"]);
      expect(await cluster.docker("ps", "--all", "--format", "{{.Names}}")).not.to.contain(`${cluster.name}-node-4`);
    });

    it("of a Dockerfile that cannot be built name its step, and hurt nothing that runs", async () => {
      await withChangedImage("COPY no-such-file /\n", async () => {
        const { code, text } = await cluster.project.run(["up"]);
        expect(code, text).not.to.equal(0);
        expect(text)
          .to.match(/queue-agent/)
          .and.to.match(/no-such-file/);
        await cluster.resultsGrow(15);
      });
    });

    it("of an image need the registry's password; then they roll the pods that use it, and no others", async () => {
      const before = await podNames();
      await withChangedImage("LABEL test=changed\n", async () => {
        await withoutLogins(async () => {
          const { code, text } = await cluster.project.run(["up"]);
          expect(code, text).not.to.equal(0);
          expect(text)
            .to.match(/queue-agent/)
            .and.to.match(/password|unauthorized|401/i);
        });
        await cluster.project.succeed(["up"]);
        const after = await podNames();
        const rolled = after.filter((name) => !before.includes(name));
        expect(rolled).to.have.length(1);
        expect(rolled[0]).to.match(/^inaetics-queue-controller-/);
        expect(after).to.have.length(before.length);
      });
      await cluster.project.succeed(["up"]);
      await cluster.project.succeed([...preview, "--expect-no-changes"]);
    });
  });

  /** Does the work while the queue agent's Dockerfile has one more line. */
  async function withChangedImage(line: string, work: () => Promise<void>): Promise<void> {
    const file = cluster.project.file("images", "queue-agent", "Dockerfile");
    const good = readFileSync(file, "utf8");
    appendFileSync(file, line);
    try {
      await work();
    } finally {
      writeFileSync(file, good);
    }
  }

  /** Does the work while the registry knows no login, by a setting that an update does not repair. */
  async function withoutLogins(work: () => Promise<void>): Promise<void> {
    const dropIn = "/run/systemd/system/registry.service.d";
    const setting = "[Service]\\nEnvironment=REGISTRY_AUTH_HTPASSWD_PATH=/run/no-logins\\n";
    const restart = "systemctl daemon-reload && systemctl restart registry";
    const run = (script: string) => cluster.onBox("controller", "sh", "-c", `'${script}'`);
    await run(`mkdir -p ${dropIn} && touch /run/no-logins && printf "${setting}" >${dropIn}/test.conf && ${restart}`);
    try {
      await work();
    } finally {
      await run(`rm -r ${dropIn} && ${restart}`);
    }
  }

  async function podNames(): Promise<readonly string[]> {
    const { items } = await cluster.get<{ readonly items: readonly PodStatus[] }>("pods");
    return items.filter((pod) => pod.metadata.deletionTimestamp === undefined).map((pod) => pod.metadata.name);
  }
}
