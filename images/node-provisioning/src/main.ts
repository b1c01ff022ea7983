/** Serves to agents the software that people assign to them. `readSettings` lists the environment variables. */
import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance } from "fastify";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { messageWithCause } from "@inaetics/base";
import { DASHBOARD_PORT_COOKIE } from "@inaetics/web/sites";
import {
  Discovery,
  optionalDiscoveryAccess,
  PROVISIONING_SERVICE,
  serviceKey,
  type Registration,
} from "@inaetics/discovery";
import {
  brokerAccess,
  brokerProblem,
  connectBroker,
  createServer,
  Environment,
  KubernetesClient,
  listenAddress,
  Login,
  loginSettings,
  podAccess,
  servePages,
  stopOnSignal,
} from "@inaetics/service";
import { Core, type CoreSettings } from "./core";
import { provisioningMetrics } from "./metrics";
import { Signer } from "./packages/signature";
import { AgentRoutes } from "./routes/agents";
import { addPeopleRoutes } from "./routes/people";
import { Tokens, type Reviewer } from "./routes/tokens";

interface Settings extends CoreSettings {
  /** Folder with cert.pem and key.pem. */
  readonly signer: string;
  /** Port of the dashboard on each box; its pages are linked. */
  readonly dashboardPort: number;
  /** This pod's address, for discovery. */
  readonly address: string;
}

/** Reads QUEUE_REPLICAS, BUNDLES_DIR, MAPPING_FILE, SIGNER_DIR, DASHBOARD_PORT, POD_IP and WORK_DIR. */
function readSettings(environment: Environment): Settings {
  return {
    replicas: environment.integer("QUEUE_REPLICAS", { min: 1, max: 5 }, 3),
    bundles: environment.text("BUNDLES_DIR", "/opt/inaetics/bundles"),
    mapping: environment.text("MAPPING_FILE", path.join(__dirname, "mapping.json")),
    signer: environment.text("SIGNER_DIR", "/etc/inaetics/signer"),
    dashboardPort: environment.integer("DASHBOARD_PORT", { min: 1, max: 65535 }, 80),
    address: environment.text("POD_IP", "127.0.0.1"),
    work: environment.text("WORK_DIR", os.tmpdir()),
  };
}

function readSigner(folder: string): Signer {
  const read = (name: string): string => fs.readFileSync(path.join(folder, name), "utf8");
  try {
    return new Signer(read("cert.pem"), read("key.pem"));
  } catch (error) {
    throw new Error(`SIGNER_DIR: the key pair in ${folder} cannot be used: ${messageWithCause(error)}`, {
      cause: error,
    });
  }
}

async function main(): Promise<void> {
  const environment = new Environment(process.env);
  const access = brokerAccess(environment);
  const settings = readSettings(environment);
  const login = new Login(loginSettings(environment));
  const listen = listenAddress(environment);
  const discoveryAccess = optionalDiscoveryAccess(environment);
  environment.check();
  const signer = readSigner(settings.signer);
  const work = fs.mkdtempSync(path.join(settings.work, "provisioning-"));

  let connection: NatsConnection | undefined = undefined;
  let registration: Registration | undefined = undefined;
  const server = createServer({
    unhealthy: () => core.unhealthy(),
    unready: () => core.unready() ?? (discoveryAccess === undefined ? undefined : notRegistered(registration)),
    metrics: () =>
      provisioningMetrics({
        artifacts: core.known?.store.model.artifacts.length ?? null,
        targets: core.known?.fleet.views() ?? null,
        served: agents.served,
        events: core.known?.audit.total ?? null,
      }),
  });
  const core = new Core({ ...settings, work }, signer, server.log);
  const kubernetes = podAccess(process.env);
  const reviewer: Reviewer = kubernetes === undefined ? outside : new KubernetesClient(kubernetes);
  const agents = new AgentRoutes(new Tokens(reviewer, kubernetes?.namespace ?? "inaetics", server.log), core.services);

  servePages(server, path.join(__dirname, "public"), {
    "set-cookie": `${DASHBOARD_PORT_COOKIE}=${settings.dashboardPort}; Path=/; SameSite=Strict`,
  });
  login.routes(server, "/client");
  scope(server, (routes) => agents.add(routes));
  scope(server, (routes) => {
    routes.addHook("onRequest", login.guard);
    addPeopleRoutes(routes, core.services, core.stream);
  });
  const discovery = discoveryAccess === undefined ? undefined : new Discovery(discoveryAccess, server.log);
  stopOnSignal(server.log, [
    () => discovery?.stop(),
    () => core.stop(),
    () => server.close(),
    () => connection?.drain(),
    () => fs.rmSync(work, { recursive: true, force: true }),
  ]);
  await server.listen(listen);

  connection = await connectBroker(access, server.log, (reason) => core.wait(reason));
  await core.start(connection);
  // Registers in discovery once agents can be answered.
  registration = discovery?.register({
    [serviceKey(PROVISIONING_SERVICE, access.name)]: `${settings.address}:${listen.port}`,
  });
  const failure = await connection.closed();
  if (failure instanceof Error) throw failure;
}

/** Adds routes whose broker errors are reported as 503, so that the client tries again. */
function scope(server: FastifyInstance, add: (routes: FastifyInstance) => void): void {
  void server.register(async (routes) => {
    routes.setErrorHandler((error) => {
      throw brokerProblem(error) ?? error;
    });
    add(routes);
  });
}

function notRegistered(registration: Registration | undefined): string | undefined {
  return registration === undefined ? "not in discovery yet" : registration.unready();
}

const outside: Reviewer = {
  post: () => Promise.reject(new Error("this process runs outside of a Kubernetes cluster")),
};

main().catch((error: unknown) => {
  console.error(`node-provisioning: ${messageWithCause(error)}`);
  process.exit(1);
});
