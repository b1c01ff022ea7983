/**
 * The whole program with Pulumi's mocks: the resources that it registers, and their inputs. It does not prove that they
 * can be made, nor in which order: the engine and cluster layers do.
 */
import { expect } from "chai";
import { useProgramCache } from "./program-cache";
import { type Registered, runProgram } from "./program-mocks";

interface Spec {
  readonly replicas?: number;
  readonly selector: Record<string, string>;
  readonly clusterIP?: string;
  readonly ports?: readonly Record<string, unknown>[];
}

let registered: readonly Registered[] = [];

const countOf = (type: string): number => registered.filter((resource) => resource.type === type).length;

function find(type: string, objectName: string): Registered {
  const found = registered.filter(
    (resource) =>
      resource.type === type && (resource.inputs["metadata"] as { name?: string } | undefined)?.name === objectName,
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${type} ${objectName}`);
  return found[0];
}

const specOf = (resource: Registered): Spec => resource.inputs["spec"] as Spec;
const agents = ["processor", "producer", "agent"].flatMap((role) => [`inaetics-${role}`, `inaetics-${role}-celix`]);
const rc = "kubernetes:core/v1:ReplicationController";

describe("the program", function () {
  this.timeout(180_000);
  let outputs: Readonly<Record<string, unknown>>;
  useProgramCache();

  before(async () => {
    ({ registered, outputs } = await runProgram({
      "inaetics:nodes": "4",
      "inaetics:producers": "2",
      "inaetics:celixProducers": "1",
      "inaetics:maxProcessors": "6",
    }));
  });

  it("makes one box for the controller and one for each node", () => {
    const machines = registered.filter(
      (resource) => resource.type === "command:local:Command" && resource.name.endsWith("-machine"),
    );
    expect(machines.map((machine) => machine.name)).to.have.members(
      ["controller", "node-1", "node-2", "node-3", "node-4"].map((name) => `${name}-machine`),
    );
    const boxes = machines.map(
      (machine) => (machine.inputs["environment"] as Record<string, string>)["INAETICS_BOXES"],
    );
    expect(boxes).to.include.members(['{"controller":"172.30.8.20"}', '{"node-4":"172.30.8.34"}']);
  });

  it("makes each secret once", () => {
    expect(countOf("pulumi-nodejs:dynamic/pki:CertificateAuthority")).to.equal(1);
    expect(countOf("pulumi-nodejs:dynamic/pki:Password")).to.equal(6);
    expect(countOf("pulumi-nodejs:dynamic/pki:Certificates")).to.equal(7);
    expect(countOf("pulumi-nodejs:dynamic/pki:SshKey")).to.equal(6);
  });

  it("writes Flannel's network once", () => {
    const flannel = registered.filter((resource) => resource.type === "pulumi-nodejs:dynamic/network:FlannelNetwork");
    expect(flannel).to.have.length(1);
    expect(flannel[0]?.inputs).to.include({ prefix: "/coreos.com/network", network: "10.1.0.0/16", backend: "vxlan" });
  });

  it("gives the controllers the demonstrator's names and selectors, and no replicas", () => {
    const roles = ["ace-provisioning", "inaetics-queue", "inaetics-datastore-viewer", ...agents];
    expect(countOf(rc)).to.equal(roles.length);
    for (const role of roles) {
      const spec = specOf(find(rc, `${role}-controller`));
      expect(spec.selector).to.deep.equal({ name: `${role}-pod` });
      expect(spec).not.to.have.property("replicas");
    }
  });

  it("sets each count in a resource of its own", () => {
    const counts = registered
      .filter((resource) => resource.type === "pulumi-nodejs:dynamic/kubernetes:Rollout")
      .map((resource) => [resource.name, resource.inputs["replicas"]]);
    expect(Object.fromEntries(counts)).to.deep.equal({
      "demonstrator-provisioning-service-replicas": 1,
      "demonstrator-queue-replicas": 1,
      "demonstrator-datastore-viewer-replicas": 1,
      "demonstrator-processor-replicas": 1,
      "demonstrator-processor-celix-replicas": 0,
      "demonstrator-producer-replicas": 2,
      "demonstrator-producer-celix-replicas": 1,
      "demonstrator-agent-replicas": 0,
      "demonstrator-agent-celix-replicas": 0,
    });
  });

  it("gives each agent its own account, provisioning's token, and the queue's address by discovery alone", () => {
    interface Pod {
      readonly serviceAccountName: string;
      readonly automountServiceAccountToken: boolean;
      readonly volumes: readonly {
        readonly projected?: unknown;
        readonly secret?: unknown;
        readonly emptyDir?: unknown;
      }[];
      readonly containers: readonly { readonly env: readonly { readonly name: string; readonly value?: string }[] }[];
    }
    for (const role of agents) {
      const { template } = find(rc, `${role}-controller`).inputs["spec"] as {
        readonly template: { readonly spec: Pod };
      };
      const pod = template.spec;
      const variables = new Map(pod.containers[0]?.env.map(({ name, value }) => [name, value]));
      expect(pod.serviceAccountName).to.equal(role);
      expect(pod.automountServiceAccountToken).to.equal(false);
      expect(variables.get("AGENT_GROUP")).to.equal(role);
      expect(variables.get("ETCD_ENDPOINTS")).to.equal("https://etcd:2379");
      expect([...variables.keys()]).not.to.include("NATS_URL");
      expect(pod.volumes.map(({ projected, secret }) => projected ?? secret ?? "emptyDir")).to.deep.equal([
        { secretName: "inaetics-discovery" },
        {
          sources: [
            { serviceAccountToken: { audience: "inaetics-provisioning", expirationSeconds: 3600, path: "token" } },
          ],
        },
        "emptyDir",
      ]);
    }
  });

  it("builds provisioning's image from the bundles of both kinds", () => {
    const images = registered.filter(({ type }) => type === "docker:index/image:Image");
    expect(images.map(({ inputs }) => inputs["imageName"])).to.have.members(
      ["broker", "queue-agent", "datastore-viewer", "node-provisioning"]
        .concat(["felix-bundles", "felix-agent", "celix-bundles", "celix-agent"])
        .map((image) => `172.30.8.20:5000/inaetics/${image}:latest`),
    );
    const provisioning = images.find(({ name }) => name === "node-provisioning-image");
    const { BASES, ...args } = (provisioning?.inputs["build"] as { readonly args: Record<string, string> }).args;
    expect(BASES, "what changes with the base image").to.match(/^[0-9a-f]{12}$/);
    expect(args).to.deep.equal({
      FELIX_BUNDLES: "felix-bundles-image@sha256:0",
      CELIX_BUNDLES: "celix-bundles-image@sha256:0",
    });
  });

  it("lets provisioning review tokens, and nothing else", () => {
    const role = find("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inaetics:token-reviewer");
    expect(role.inputs["rules"]).to.deep.equal([
      { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    ]);
  });

  it("runs three brokers with a volume on every node", () => {
    expect(specOf(find("kubernetes:apps/v1:StatefulSet", "inaetics-queue")).replicas).to.equal(3);
    expect(countOf("kubernetes:core/v1:PersistentVolume")).to.equal(4);
    expect(specOf(find("kubernetes:core/v1:Service", "inaetics-queue")).clusterIP).to.equal("None");
  });

  it("writes the policy for the coordinator, within the processors' limits, and opens the queue agent to it", () => {
    const policy = find("kubernetes:core/v1:ConfigMap", "inaetics-autoscaler").inputs["data"] as Record<string, string>;
    expect(JSON.parse(policy["policy.json"] ?? "")).to.include({ policy: "drain", min: 1, max: 6 });
    const service = specOf(find("kubernetes:core/v1:Service", "inaetics-queue-agent"));
    expect(service.selector).to.deep.equal({ name: "inaetics-queue-pod" });
    expect(service.ports).to.deep.equal([{ name: "http", port: 8080, targetPort: 8080 }]);
    const [scaler, ...others] = registered.filter(({ type }) => type.endsWith(":ProcessorAutoscaler"));
    expect(others).to.deep.equal([]);
    expect(scaler?.inputs).to.include({ processors: 1, felix: 1, celix: 0, change: false });
  });

  it("lets the viewer scale producers and processors, and no other controller", () => {
    const { rules } = find("kubernetes:rbac.authorization.k8s.io/v1:Role", "inaetics-datastore-viewer").inputs as {
      readonly rules: readonly Readonly<Record<"resources" | "resourceNames" | "verbs", readonly string[]>>[];
    };
    const changing = rules.filter(({ verbs }) => verbs.some((verb) => ["patch", "update", "delete"].includes(verb)));
    expect(changing.map(({ resources, resourceNames }) => [resources, resourceNames])).to.deep.equal([
      [
        ["replicationcontrollers/scale"],
        ["producer", "producer-celix", "processor", "processor-celix"].map((role) => `inaetics-${role}-controller`),
      ],
      [["leases"], ["inaetics-coordinator"]],
    ]);
  });

  it("opens the viewer on port 80 of every box", () => {
    const service = specOf(find("kubernetes:core/v1:Service", "inaetics-viewer-service"));
    expect(service.selector).to.deep.equal({ name: "inaetics-datastore-viewer-pod" });
    expect(service.ports).to.deep.equal([{ name: "http", port: 80, targetPort: 8080, nodePort: 80 }]);
  });

  it("opens provisioning on port 90 of every box", () => {
    const service = specOf(find("kubernetes:core/v1:Service", "ace-provisioning-service"));
    expect(service.selector).to.deep.equal({ name: "ace-provisioning-pod" });
    expect(service.ports).to.deep.equal([{ name: "http", port: 90, targetPort: 8080, nodePort: 90 }]);
  });

  it("moves all boxes to the network's backend, and proves the traffic from each to all other nodes", () => {
    const commands = (suffix: string) =>
      registered.flatMap(({ type, name, inputs }) =>
        type === "command:remote:Command" && name.startsWith("pod-network-") && name.endsWith(suffix)
          ? [String(inputs["create"])]
          : [],
      );
    const peers = (...hosts: readonly number[]) => hosts.map((host) => `172.30.8.${host}`).join(",");
    expect(commands("-roll")).to.have.length(5);
    expect(commands("-sweep")).to.have.length(5);
    for (const text of commands("-sweep")) expect(text).to.match(/scripts\/flannel-backend sweep # vxlan \w+$/);
    const traffic = commands("-traffic-met").map((text) => /pod-network=(\S+)/.exec(text)?.[1]);
    expect(traffic).to.have.length(5);
    expect(traffic).to.include.members([peers(31, 32, 33, 34), peers(32, 33, 34), peers(31, 32, 33)]);
  });

  it("uses only type tokens of its own for components", () => {
    const components = registered.map((resource) => resource.type).filter((type) => type.startsWith("inaetics:"));
    expect(new Set(components)).to.deep.equal(
      new Set([
        "inaetics:box:Boxes",
        "inaetics:box:SshLogin",
        "inaetics:box:KnownHosts",
        "inaetics:box:VagrantBox",
        "inaetics:box:BoxConfiguration",
        "inaetics:box:Condition",
        "inaetics:cluster:Controller",
        "inaetics:cluster:Node",
        "inaetics:cluster:PodNetwork",
        "inaetics:cluster:Registry",
        "inaetics:image:AgentImages",
        "inaetics:image:AgentImage",
        "inaetics:demonstrator:Demonstrator",
        "inaetics:demonstrator:Broker",
        "inaetics:demonstrator:ViewerAccount",
        "inaetics:demonstrator:DiscoveryAccess",
        "inaetics:demonstrator:Provisioning",
        "inaetics:demonstrator:Agents",
        "inaetics:autoscaling:Autoscaling",
        "inaetics:kubernetes:AgentController",
      ]),
    );
  });

  it("exports the outputs that other programs rely on", () => {
    expect(outputs).to.have.all.keys(
      "dashboard",
      "provisioning",
      "registry",
      "kubeconfig",
      "nodes",
      "etcd",
      "processors",
      "credentials",
    );
    expect(outputs["dashboard"]).to.equal("http://172.30.8.20/");
    expect(outputs["provisioning"]).to.equal("http://172.30.8.20:90/");
    expect(outputs["registry"]).to.equal("172.30.8.20:5000");
    expect(outputs["nodes"]).to.deep.equal({
      controller: "172.30.8.20",
      "node-1": "172.30.8.31",
      "node-2": "172.30.8.32",
      "node-3": "172.30.8.33",
      "node-4": "172.30.8.34",
    });
    const { felix, celix, reason } = outputs["processors"] as Record<string, unknown>;
    expect([felix, celix]).to.deep.equal([1, 0]);
    expect(reason).to.match(/^not known: /);
  });
});
