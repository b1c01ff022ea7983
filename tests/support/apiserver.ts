/** A real Kubernetes API on loopback, without nodes: etcd, kube-apiserver and kube-controller-manager of the tool cache. */
import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Api } from "./api";
import { end } from "./child";
import { eventuallyHolds } from "./eventually";
import { Forwarder } from "./forwarder";
import { Authority, Identity, makeAuthority, signingKey } from "./certificates";
import { object } from "./objects";
import { freePort } from "./ports";
import { toolsFirst } from "./tools";

export class ApiServer {
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    /** Forwarder through which the programs under test reach the API server. */
    private readonly door: Forwarder,
  ) {}

  /** A kubeconfig of the cluster's administrator, as text. */
  kubeconfig = "";
  /** Requests of the administrator; they pass even while the programs under test cannot reach the API server. */
  api!: Api;

  /** @throws an error with the end of the log of the program that did not start */
  static async start(): Promise<ApiServer> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-apiserver-"));
    const port = await freePort();
    const server = new ApiServer(folder, port, new Forwarder(await freePort(), port));
    try {
      await server.launch();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Ends all started processes, by process id, and removes the files. */
  async stop(): Promise<void> {
    await this.door.close();
    await Promise.all([...this.children].reverse().map(endSoon));
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes the API server unreachable for the programs under test. */
  goAway(): Promise<void> {
    return this.door.close();
  }

  /** Makes the API server reachable again, with its data. */
  comeBack(): Promise<void> {
    return this.door.open();
  }

  private async launch(): Promise<void> {
    const authority = await makeAuthority();
    const [etcdPort, peerPort] = [await freePort(), await freePort()];
    const etcd = `http://127.0.0.1:${etcdPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    await this.writeKeys(authority);
    this.run("etcd", [
      `--data-dir=${this.file("etcd")}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
    ]);
    this.run("kube-apiserver", this.apiServerArguments(etcd));
    await this.until("the API server", async () => {
      await this.api.request({ method: "GET", path: "/readyz" });
    });
    this.run("kube-controller-manager", this.controllerArguments(await freePort()));
    await this.until("the default service account", async () => {
      await this.api.get(object("v1", "ServiceAccount", "default", "default"));
    });
  }

  private async writeKeys(authority: Authority): Promise<void> {
    const serving = await authority.issue("kube-apiserver", { addresses: ["127.0.0.1", "localhost"] });
    const admin = await authority.issue("admin", { organization: "system:masters" });
    const tokens = await signingKey();
    const direct = kubeconfig(this.port, authority.certificate, admin);
    this.api = new Api(direct);
    this.kubeconfig = kubeconfig(this.door.port, authority.certificate, admin);
    await this.door.open();
    const files = {
      "ca.pem": authority.certificate,
      "apiserver.pem": serving.certificate,
      "apiserver-key.pem": serving.key,
      "tokens.pem": tokens.publicKey,
      "tokens-key.pem": tokens.privateKey,
      "kubeconfig.json": direct,
    };
    for (const [name, content] of Object.entries(files)) fs.writeFileSync(this.file(name), content, { mode: 0o600 });
  }

  private apiServerArguments(etcd: string): string[] {
    return [
      `--etcd-servers=${etcd}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      "--endpoint-reconciler-type=none",
      `--secure-port=${this.port}`,
      `--tls-cert-file=${this.file("apiserver.pem")}`,
      `--tls-private-key-file=${this.file("apiserver-key.pem")}`,
      `--client-ca-file=${this.file("ca.pem")}`,
      "--authorization-mode=RBAC",
      "--service-cluster-ip-range=10.99.0.0/24",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${this.file("tokens.pem")}`,
      `--service-account-signing-key-file=${this.file("tokens-key.pem")}`,
    ];
  }

  private controllerArguments(port: number): string[] {
    return [
      `--kubeconfig=${this.file("kubeconfig.json")}`,
      `--secure-port=${port}`,
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
      `--service-account-private-key-file=${this.file("tokens-key.pem")}`,
      `--root-ca-file=${this.file("ca.pem")}`,
    ];
  }

  private async until(what: string, attempt: () => Promise<void>): Promise<void> {
    await eventuallyHolds(what, 60, attempt).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.logs()}`);
    });
  }

  private run(program: string, args: readonly string[]): ChildProcess {
    const log = fs.openSync(this.file(`${program}.log`), "a");
    const child = spawn(program, args, { stdio: ["ignore", log, log], env: toolsFirst() });
    fs.closeSync(log);
    child.on("error", (error) => fs.appendFileSync(this.file(`${program}.log`), `${program}: ${error.message}\n`));
    this.children.push(child);
    return child;
  }

  private logs(): string {
    const logs = fs.readdirSync(this.folder).filter((name) => name.endsWith(".log"));
    return logs.map((name) => `${name}:\n${fs.readFileSync(this.file(name), "utf8").slice(-1500)}`).join("\n");
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }
}

function kubeconfig(port: number, authority: string, admin: Identity): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const server = `https://127.0.0.1:${port}`;
  const user = { "client-certificate-data": base64(admin.certificate), "client-key-data": base64(admin.key) };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [{ name: "admin", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}

async function endSoon(child: ChildProcess): Promise<void> {
  const forced = setTimeout(() => child.kill("SIGKILL"), 3000);
  await end(child);
  clearTimeout(forced);
}
