/** Provisioning: agents of both kinds get, update, refuse and keep their software while they run. */
import type { AuditEvent, Platform, TargetView } from "@inaetics/model";
import { expect } from "chai";
import { Broker } from "../../support/cluster/broker";
import { nextVersion, withHeaders } from "../bundle";
import { eventually, eventuallyHolds } from "../../support/eventually";
import { Provisioning } from "../provisioning";
import type { TestCluster } from "../../support/cluster/testcluster";

interface Kind {
  readonly name: string;
  readonly platform: Platform;
  readonly group: string;
  readonly pod: string;
  readonly bundle: string;
  /** Manifest headers that make a bundle's start fail. */
  readonly broken: Readonly<Record<string, string>>;
}

const kinds: readonly Kind[] = [
  {
    name: "Felix",
    platform: "osgi",
    group: "inaetics-processor",
    pod: "inaetics-processor-pod",
    bundle: "processor",
    broken: { "Bundle-Activator": "org.inaetics.NoSuchActivator" },
  },
  {
    name: "Celix",
    platform: "celix",
    group: "inaetics-processor-celix",
    pod: "inaetics-processor-celix-pod",
    bundle: "processor",
    broken: { "Bundle-Activator": "libnosuch.so" },
  },
];

export function provisioning(cluster: TestCluster): void {
  describe("provisioning", () => {
    let opened: Provisioning | undefined;
    const service = (): Provisioning => {
      if (opened === undefined) throw new Error("provisioning could not be opened");
      return opened;
    };
    before(async () => {
      opened = await Provisioning.open(cluster);
      await cluster.kubectl(["scale", "rc", "-n", "inaetics", "inaetics-processor-celix-controller", "--replicas=2"]);
      await cluster.kubectl(["scale", "rc", "-n", "inaetics", "inaetics-processor-controller", "--replicas=2"]);
    });
    after(async () => {
      await cluster.kubectl(["scale", "rc", "-n", "inaetics", "inaetics-processor-celix-controller", "--replicas=0"]);
      await cluster.kubectl(["scale", "rc", "-n", "inaetics", "inaetics-processor-controller", "--replicas=1"]);
    });

    const runningVersion = (target: TargetView, nameEnd: string): string | undefined =>
      target.state === "current"
        ? target.wanted?.artifacts.find(({ name }) => name.endsWith(nameEnd))?.version
        : undefined;
    const reason = (target: string): Promise<readonly AuditEvent[]> => service().audit(`target=${target}`);

    it("answers on port 90 of every box: the page to all, the rest with the login only", async () => {
      for (const address of Object.values(cluster.addresses)) {
        const page = await fetch(`http://${address}:90/`, { signal: AbortSignal.timeout(5000) });
        expect(page.status).to.equal(200);
        expect(await page.text()).to.contain("<html");
      }
      expect((await fetch(`${service().url}/client/artifacts`)).status).to.equal(401);
      expect((await fetch(`${service().url}/nothing`)).status).to.equal(404);
    });

    for (const kind of kinds) {
      it(`gives every ${kind.name} processor its bundles`, async () => {
        const pods = await cluster.readyPods(kind.pod, 2, 60);
        await eventuallyHolds("all targets are current", 15, async () => {
          const targets = await service().targets(kind.group);
          expect(targets.map(({ id }) => id)).to.have.members(pods.map(({ metadata }) => metadata.name));
          for (const target of targets) {
            expect(target.platform).to.equal(kind.platform);
            expect(runningVersion(target, kind.bundle), `${target.id}: ${target.state}`).to.be.a("string");
          }
        });
      });

      it(`brings a new version to all ${kind.name} processors within 10 s; no pod restarts, no sample is lost`, async () => {
        const before = await cluster.restarts();
        const { artifact, content } = await service().newest(kind.bundle, kind.platform);
        const version = nextVersion(artifact.version);
        const broker = await Broker.open(cluster, "inaetics-queue-0");
        try {
          const acknowledged = broker.produce(`update-${kind.platform}`, 2000, 120);
          const { status, body } = await service().ask(
            "POST",
            "/client/artifacts",
            await withHeaders(content, { "Bundle-Version": version }),
          );
          expect(status, body).to.equal(201);
          await eventuallyHolds(`all run ${version}`, 10, async () => {
            for (const target of await service().targets(kind.group))
              expect(runningVersion(target, kind.bundle), `${target.id}: ${target.state}`).to.equal(version);
          });
          const ids = await acknowledged;
          await eventuallyHolds("each sample has a result", 120, async () => {
            const results = new Set(await broker.resultIds());
            expect(ids.filter((id) => !results.has(id)).length).to.equal(0);
          });
        } finally {
          await broker.close();
        }
        expect(await cluster.restarts()).to.deep.equal(before);
      });

      it(`goes back to the old version where a ${kind.name} bundle does not start, and reports the reason`, async () => {
        const before = await cluster.restarts();
        const { artifact, content } = await service().newest(kind.bundle, kind.platform);
        const version = nextVersion(artifact.version);
        const bad = await withHeaders(content, { "Bundle-Version": version, ...kind.broken });
        expect((await service().ask("POST", "/client/artifacts", bad)).status).to.equal(201);
        const targets = await eventually("all have failed and gone back", 20, async () => {
          const found = await service().targets(kind.group);
          for (const target of found) {
            expect(target.state, target.id).to.equal("failed");
            expect(target.failed?.reason ?? "").to.match(/[Nn]oSuchActivator|libnosuch/);
          }
          return found;
        });
        await eventuallyHolds("the events in the audit log", 10, async () => {
          for (const { id } of targets) {
            const types = (await reason(id)).map(({ type }) => type);
            expect(types).to.include.members(["bundle-failed", "rolled-back"]);
          }
        });
        await cluster.readyPods(kind.pod, 2, 10);
        await cluster.resultsGrow(15);
        expect(await cluster.restarts()).to.deep.equal(before);
        // The agents install the next good version.
        const good = nextVersion(version);
        const healthy = await withHeaders(content, { "Bundle-Version": good });
        expect((await service().ask("POST", "/client/artifacts", healthy)).status).to.equal(201);
        await eventuallyHolds(`all run ${good}`, 15, async () => {
          for (const target of await service().targets(kind.group))
            expect(runningVersion(target, kind.bundle), `${target.id}: ${target.state}`).to.equal(good);
        });
      });
    }

    it("refuses a Felix feature on a Celix group, and the reverse, with the reason", async () => {
      const before = await service().mapping();
      for (const [group, distribution] of [
        ["inaetics-processor-celix", "felix-processor"],
        ["inaetics-processor", "celix-processor"],
      ]) {
        const { status, body } = await service().ask("PUT", `/client/groups/${group}/distributions/${distribution}`);
        expect(status).to.equal(409);
        expect(body).to.match(/osgi/).and.to.match(/celix/);
      }
      expect(await service().mapping()).to.deep.equal(before);
    });

    it("refuses rubbish, and an agent's call without the token of that very pod", async () => {
      expect((await service().ask("POST", "/client/artifacts", new Uint8Array([1, 2, 3]))).status).to.equal(400);
      const [one, other] = await cluster.pods("inaetics-processor-pod");
      const name = one?.metadata.name ?? "";
      const [pod] = await cluster.pods("ace-provisioning-pod");
      const call = (target: string, token: string) =>
        cluster.kubectl([
          "exec",
          "-n",
          "inaetics",
          name,
          "--",
          "sh",
          "-c",
          `wget -S -O /dev/null --header "Authorization: Bearer ${token}" --header "X-Inaetics-Platform: osgi" ` +
            `http://${pod?.status.podIP}:8080/deployment/${target}/versions 2>&1 | head -n 2; true`,
        ]);
      const own = "$(cat /var/run/secrets/inaetics/token)";
      expect(await call(name, own)).to.match(/ 200/);
      expect(await call(other?.metadata.name ?? "", own)).to.match(/ 403/);
      expect(await call(name, "nonsense")).to.match(/ 401/);
      expect((await fetch(`${service().url}/deployment/${name}/versions`)).status).to.equal(401);
    });

    it("keeps mapping, artifacts and audit log when its pod is killed; agents work on meanwhile", async () => {
      const mapping = await service().mapping();
      const events = await service().audit("after=0");
      const [pod] = await cluster.pods("ace-provisioning-pod");
      await cluster.kubectl([
        "delete",
        "pod",
        "-n",
        "inaetics",
        pod?.metadata.name ?? "",
        "--grace-period=0",
        "--force",
      ]);
      await cluster.resultsGrow(15);
      await cluster.readyPods("ace-provisioning-pod", 1, 60);
      await eventuallyHolds("the same mapping", 20, async () =>
        expect(await service().mapping()).to.deep.equal(mapping),
      );
      expect((await service().audit("after=0")).slice(0, events.length)).to.deep.equal(events);
      await eventuallyHolds("agents have found it again", 30, async () => {
        for (const target of await service().targets("inaetics-producer")) expect(target.state).to.equal("current");
      });
    });

    it("shows the fleet, and scales it", async () => {
      const { text } = await cluster.project.succeed(["agents", "start", "--felix", "1", "--celix", "1"]);
      expect(text).to.match(/felix 1 of 1 ready, celix 1 of 1 ready/);
      const status = await cluster.project.succeed(["agents", "status", "--json"]);
      expect(status.stdout).to.contain("inaetics-agent-controller-").and.to.contain("inaetics-agent-celix-controller-");
      await cluster.project.succeed(["agents", "stop"]);
      await cluster.readyPods("inaetics-agent-pod", 0, 30);
    });

    it("gives a console of either kind", async () => {
      for (const label of ["inaetics-processor-pod", "inaetics-processor-celix-pod"]) {
        const [pod] = await cluster.pods(label);
        const { stdout } = await cluster.project.succeed(["console", pod?.metadata.name ?? ""], { input: "lb\n" });
        expect(stdout).to.match(/active.*processor/i);
      }
    });
  });
}
