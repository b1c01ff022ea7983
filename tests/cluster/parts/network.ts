/** Nodes, workloads and their names; the overlay, Services and DNS between pods that run an image of the registry on every node. */
import { expect } from "chai";
import { readLock } from "../../../tools/lock";
import { eventually } from "../../support/eventually";
import type { PodStatus, TestCluster } from "../../support/cluster/testcluster";

const label = "probe-pod";

/** Program of a probe pod; it serves the pod's own name. */
const server = 'require("http").createServer((_, r) => r.end(process.env.HOSTNAME)).listen(8080)';

export function network(cluster: TestCluster): void {
  describe("kubernetes", () => {
    it("has every node ready, in the version of the lock file", async () => {
      const text = await cluster.kubectl(["get", "nodes", "--no-headers"]);
      const rows = text
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/));
      const kubernetes = readLock(cluster.project.folder).find(({ name }) => name === "kubernetes");
      expect(rows.map(([name]) => name)).to.deep.equal(cluster.nodes);
      for (const [name, state, , , version] of rows) {
        expect(state, name).to.equal("Ready");
        expect(version, name).to.equal(`v${kubernetes?.version ?? ""}`);
      }
    });

    it("has the demonstrator's controllers and selectors", async () => {
      interface Controllers {
        readonly items: readonly {
          readonly metadata: { readonly name: string };
          readonly spec: { readonly replicas: number; readonly selector: Readonly<Record<string, string>> };
        }[];
      }
      const { items } = await cluster.get<Controllers>("rc");
      const found = items.map(({ metadata, spec }) => [metadata.name, spec.replicas, spec.selector["name"]]);
      const counts = {
        "ace-provisioning": 1,
        "inaetics-datastore-viewer": 1,
        "inaetics-queue": 1,
        "inaetics-processor": 1,
        "inaetics-processor-celix": 0,
        "inaetics-producer": 1,
        "inaetics-producer-celix": 1,
        "inaetics-agent": 0,
        "inaetics-agent-celix": 0,
      };
      const expected = Object.entries(counts).map(([role, count]) => [`${role}-controller`, count, `${role}-pod`]);
      expect(found).to.have.deep.members(expected);
    });

    it("has the demonstrator's Services, and three brokers on three nodes", async () => {
      interface Service {
        readonly spec: {
          readonly type: string;
          readonly clusterIP: string;
          readonly selector: Readonly<Record<string, string>>;
          readonly ports: readonly { readonly port: number; readonly targetPort: number; readonly nodePort?: number }[];
        };
      }
      const viewer = await cluster.get<Service>("service", "inaetics-viewer-service");
      expect(viewer.spec.type).to.equal("NodePort");
      expect(viewer.spec.selector).to.deep.equal({ name: "inaetics-datastore-viewer-pod" });
      expect(viewer.spec.ports[0]).to.include({ port: 80, targetPort: 8080, nodePort: 80 });
      const provisioning = await cluster.get<Service>("service", "ace-provisioning-service");
      expect(provisioning.spec.selector).to.deep.equal({ name: "ace-provisioning-pod" });
      expect(provisioning.spec.ports[0]).to.include({ port: 90, targetPort: 8080, nodePort: 90 });
      expect((await cluster.get<Service>("service", "inaetics-queue")).spec.clusterIP).to.equal("None");
      const brokers = await cluster.readyPods("inaetics-queue-broker-pod", 3, 20);
      expect(brokers.map(({ spec }) => spec.nodeName)).to.have.members([...cluster.nodes]);
    });
  });

  describe("the network between pods", () => {
    let pods: readonly PodStatus[];
    let serviceAddress: string;

    before(async () => {
      const [viewer] = await cluster.pods("inaetics-datastore-viewer-pod");
      const image = viewer?.status.containerStatuses?.[0]?.imageID ?? "";
      expect(image).to.match(/^172\.30\.9\.20:5000\/inaetics\/datastore-viewer@sha256:/);
      await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(probes(cluster, image)));
      pods = await cluster.readyPods(label, cluster.nodes.length, 60);
      const service = await cluster.get<{ readonly spec: { readonly clusterIP: string } }>("service", "probe");
      serviceAddress = service.spec.clusterIP;
    });
    after(async () => {
      const selector = ["-n", "inaetics", "-l", `name in (${label}, probe)`];
      await cluster.kubectl(["delete", "pods,services", ...selector, "--grace-period=0", "--force"]);
    });

    /** Returns the answers that a pod gets from these URLs, one request each. */
    const ask = async (pod: PodStatus, urls: readonly string[]): Promise<readonly string[]> => {
      const script = `Promise.all(${JSON.stringify(urls)}.map(async (url) => (await fetch(url, {signal: AbortSignal.timeout(5000)})).text()))
        .then((all) => console.log(JSON.stringify(all)), (e) => { console.error(String(e.cause ?? e)); process.exit(1); })`;
      const command = ["exec", "-n", "inaetics", pod.metadata.name, "--", "node", "-e", script];
      return JSON.parse(await cluster.kubectl(command)) as string[];
    };

    it("runs an image of the registry on every node", () => {
      expect(pods.map(({ spec }) => spec.nodeName)).to.have.members([...cluster.nodes]);
    });

    it("carries every pod to every other by its address, from subnets of its own for each node", async () => {
      const subnets = pods.map(({ status }) => status.podIP?.split(".").slice(0, 3).join("."));
      expect(new Set(subnets).size).to.equal(cluster.nodes.length);
      for (const subnet of subnets) expect(subnet).to.match(/^10\.11\.\d+$/);
      const names = pods.map(({ metadata }) => metadata.name);
      const urls = pods.map(({ status }) => `http://${status.podIP}:8080/`);
      for (const pod of pods) expect(await ask(pod, urls), `from ${pod.metadata.name}`).to.deep.equal(names);
    });

    it("carries every pod to a Service by address, short and full name", async () => {
      expect(serviceAddress).to.match(/^10\.13\./);
      const hosts = [serviceAddress, "probe", "probe.inaetics", "probe.inaetics.svc.cluster.local"];
      const names = pods.map(({ metadata }) => metadata.name);
      for (const pod of pods) {
        const answers = await eventually(`${pod.metadata.name} reaches the Service`, 15, () =>
          ask(
            pod,
            hosts.map((host) => `http://${host}/`),
          ),
        );
        for (const answer of answers) expect(names).to.include(answer);
      }
    });

    it("does not give the registry's images to pods without its login", async () => {
      const [pod] = await eventually("an image that cannot be pulled", 40, async () => {
        const found = (await cluster.pods("stranger")).filter((each) => waitingFor(each).includes("ImagePull"));
        if (found.length === 0) throw new Error("the kubelet has not tried yet");
        return found;
      }).finally(() => cluster.kubectl(["delete", "pod", "-n", "inaetics", "stranger", "--grace-period=0", "--force"]));
      expect(waitingFor(pod)).to.match(/ErrImagePull|ImagePullBackOff/);
    });
  });
}

function waitingFor(pod: PodStatus | undefined): string {
  return pod?.status.containerStatuses?.[0]?.state.waiting?.reason ?? "";
}

function probes(cluster: TestCluster, image: string): object {
  const container = (own: string) => ({
    name: "probe",
    image: own,
    imagePullPolicy: "Always",
    command: ["node", "-e", server],
    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
  });
  const pod = (name: string, labels: object, spec: object) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "inaetics", labels },
    spec: { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, ...spec },
  });
  const pods = cluster.nodes.map((nodeName) =>
    pod(
      `probe-${nodeName}`,
      { name: label },
      {
        nodeName,
        imagePullSecrets: [{ name: "registry-login" }],
        containers: [container(image)],
      },
    ),
  );
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "probe", namespace: "inaetics", labels: { name: "probe" } },
    spec: { selector: { name: label }, ports: [{ port: 80, targetPort: 8080 }] },
  };
  const stranger = pod("stranger", { name: "stranger" }, { nodeName: "node-1", containers: [container(image)] });
  return { apiVersion: "v1", kind: "List", items: [...pods, service, stranger] };
}
