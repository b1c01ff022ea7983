/** The cluster from the bottom up: settings, plan, boxes, control plane, network, nodes, images, workloads. */
import { join } from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { awaitNodes } from "./components/cluster/awaitNodes";
import { Images } from "./components/image/Images";
import { announceUpgrade } from "./components/box/versions";
import { Boxes } from "./components/box/Boxes";
import { readConfiguration } from "./components/config";
import { joinControllers } from "./components/cluster/Controller";
import { Demonstrator, demonstratorImages } from "./components/demonstrator/Demonstrator";
import { dashboardUser } from "./components/demonstrator/logins";
import { FlannelNetwork } from "./components/cluster/FlannelNetwork";
import { joinNodes } from "./components/cluster/Node";
import { passDown, repeatable } from "./components/options";
import { CertificateAuthority } from "./components/pki/CertificateAuthority";
import { Password } from "./components/pki/Password";
import { boxesOf, pageAddress, planCluster } from "@inaetics/model/cluster";
import { readPrograms } from "./components/box/programs";
import { Registry } from "./components/cluster/Registry";
import { contentHash, workstation } from "./components/workstation";

const { settings, registryPassword, dashboardPassword, held } = readConfiguration();
const plan = planCluster(settings, pulumi.getStack());
const here = workstation(pulumi.getStack());
const programs = readPrograms(here.project, here.cache);
const upgrading = announceUpgrade(plan, programs, here.run);

// Secrets: made once, kept encrypted in the stack's state.
const authority = new CertificateAuthority("authority", { commonName: plan.cluster });
const registryLogin = new Password("registry-password", { given: registryPassword });
const dashboardLogin = new Password("dashboard-password", { given: dashboardPassword });
const brokerLogin = new Password("broker-password", {});
const discoveryLogin = new Password("discovery-password", {});

// Boxes: one controller or three, N nodes.
const boxes = new Boxes("boxes", { plan, settings, workstation: here });
const inside = { deletedWith: boxes.controller.machine };

// Control plane, overlay network, nodes.
const scripts = contentHash(join(here.project, "vagrant"));
const shared = { plan, settings, authority, programs, scripts, runFolder: here.run };
const logins = { registryPassword: registryLogin, discoveryPassword: discoveryLogin };
const controllers = joinControllers(boxes, { ...shared, ...logins });
const [controller] = controllers;
const network = new FlannelNetwork(
  "flannel",
  {
    endpoint: plan.etcd,
    authority: authority.certificate,
    certificate: controller.flannelCertificate.certificate,
    key: controller.flannelCertificate.key,
    prefix: settings.flannelEtcdPrefix,
    network: settings.podNetwork,
    backend: settings.flannelBackend,
  },
  { ...inside, dependsOn: [controller.etcdReady] },
);
const nodes = joinNodes(boxes.nodes, shared, controllers, upgrading);
const ready = awaitNodes({ controllers, nodes, network, backend: settings.flannelBackend });

// Images: built on the controller's docker daemon, pushed to its registry.
const access = { server: plan.registry, username: settings.registryUser, password: registryLogin.value };
const images = new Images(
  "images",
  { sources: demonstratorImages, boxes, registry: access, project: here.project, programs },
  passDown({ ...inside, dependsOn: [controller.imagesReady] }),
);
controllers.slice(1).forEach((each) => each.copyImages(images.all, access));

// Workloads.
// The plugin takes fields back by the environment alone. Recorded, it would be a change of the next update.
const served = { dependsOn: [controller.apiReady], ignoreChanges: ["enablePatchForce"] };
const provider = new kubernetes.Provider("cluster", { kubeconfig: controller.kubeconfig, ...repeatable }, served);
const namespace = new kubernetes.core.v1.Namespace(
  "inaetics",
  { metadata: { name: "inaetics" } },
  { ...inside, provider },
).metadata.name;
const registry = new Registry("registry", { access, namespace }, { provider, ...passDown(inside) });
const demonstrator = new Demonstrator(
  "demonstrator",
  {
    ...shared,
    controller: boxes.controller,
    namespace,
    images,
    held,
    kubeconfig: controller.kubeconfig,
    pullSecret: registry.pullSecret,
    brokerPassword: brokerLogin,
    dashboardPassword: dashboardLogin,
    discoveryPassword: discoveryLogin,
  },
  { provider, ...passDown({ ...inside, dependsOn: ready }) },
);

export = {
  dashboard: demonstrator.viewerPort.apply((port) => pageAddress(plan.controller, port)),
  provisioning: demonstrator.provisioningPort.apply((port) => pageAddress(plan.controller, port)),
  registry: plan.registry,
  kubeconfig: controller.kubeconfig,
  nodes: Object.fromEntries(boxesOf(plan).map((box) => [box.name, box.address])),
  etcd: plan.etcdMembers,
  processors: demonstrator.processors,
  credentials: pulumi.secret({
    dashboardUser,
    dashboardPassword: dashboardLogin.value,
    registryUser: settings.registryUser,
    registryPassword: registryLogin.value,
  }),
};
