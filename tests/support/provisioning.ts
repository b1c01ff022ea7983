/** A provisioning process with the services that it needs, and clients of both its sides. Proves nothing by itself. */
import * as model from "@inaetics/model";
import { expect } from "chai";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as z from "zod/mini";
import { issueCertificate, makeAuthority } from "../../components/pki/x509";
import { TestBroker } from "./broker";
import { makeBundle } from "./bundles";
import { eventually } from "./eventually";
import { Service } from "./service";
import { basicLogin } from "./http";
import { repository } from "./repository";
import { FakeTokenReview } from "./tokenreview";

export const user = "admin";
export const password = "correct horse";

/** An answer with its body as bytes and as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

export async function ask(url: string, options: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, options);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
}

/** Broker, API server, keys and bundles; processes come and go. */
export class Rig {
  readonly running: Service[] = [];

  private constructor(
    public broker: TestBroker,
    readonly api: FakeTokenReview,
    readonly folder: string,
  ) {}

  static async start(brokers = 1): Promise<Rig> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-provisioning-"));
    const rig = new Rig(await TestBroker.start(brokers), await FakeTokenReview.start(), folder);
    const authority = await makeAuthority("test", 1);
    const signer = await issueCertificate(authority, { commonName: "inaetics-provisioning", usage: "signing" }, 1);
    fs.mkdirSync(path.join(folder, "signer"));
    fs.writeFileSync(path.join(folder, "signer", "cert.pem"), signer.certificate);
    fs.writeFileSync(path.join(folder, "signer", "key.pem"), signer.key);
    fs.writeFileSync(path.join(folder, "ca.pem"), authority.certificate);
    for (const name of ["api", "broker", "producer", "processor"]) {
      rig.ship("osgi", makeBundle(`org.inaetics.demonstrator.${name}`, "1.0.0"), `${name}.jar`);
    }
    for (const name of ["common", "producer", "processor"]) {
      rig.ship("celix", celixBundle(name, "1.0.0"), `${name}.zip`);
    }
    return rig;
  }

  /** Replaces the broker by a new one, which is empty. */
  async renewBroker(): Promise<void> {
    this.broker = await TestBroker.start();
  }

  /** Adds a bundle to those of the image. */
  ship(platform: model.Platform, content: Buffer, name: string): void {
    fs.mkdirSync(path.join(this.folder, "bundles", platform), { recursive: true });
    fs.writeFileSync(path.join(this.folder, "bundles", platform, name), content);
  }

  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      ...this.broker.environment,
      POD_NAME: "provisioning-1",
      POD_IP: "127.0.0.1",
      POD_NAMESPACE: "inaetics",
      QUEUE_REPLICAS: "1",
      KUBERNETES_URL: this.api.url,
      KUBERNETES_TOKEN_FILE: "/nonexistent",
      DASHBOARD_USER: user,
      DASHBOARD_PASSWORD: password,
      SESSION_KEY: "0123456789abcdef0123456789abcdef",
      DASHBOARD_PORT: "1080",
      SIGNER_DIR: path.join(this.folder, "signer"),
      BUNDLES_DIR: path.join(this.folder, "bundles"),
      MAPPING_FILE: path.join(repository, "images", "node-provisioning", "mapping.json"),
      WORK_DIR: this.folder,
      // The image sets these, too.
      MALLOC_ARENA_MAX: "2",
      MALLOC_MMAP_THRESHOLD_: "131072",
      MALLOC_TRIM_THRESHOLD_: "131072",
      ...more,
    };
  }

  /** Starts a process and waits until it is ready. */
  async run(more: Readonly<Record<string, string>> = {}): Promise<Service> {
    const service = await Service.start("node-provisioning", this.environment(more));
    this.running.push(service);
    await eventually("readiness", 20, async () => (await service.status("/readyz")) === 200).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${service.output}`);
    });
    return service;
  }

  async remove(): Promise<void> {
    for (const service of this.running) await service.stop("SIGKILL");
    this.api.down();
    await this.broker.remove();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

export function celixBundle(name: string, version: string, payload = "x"): Buffer {
  const activator = `libinaetics_${name}.so`;
  return makeBundle(`inaetics_${name}`, version, { "Bundle-Activator": activator }, { [activator]: payload });
}

/** Calls /client as a script does. */
export class Person {
  constructor(readonly service: Service) {}

  async ask(method: string, address: string, body?: object | Buffer): Promise<Answer> {
    const binary = Buffer.isBuffer(body);
    return ask(`${this.service.url}/client${address}`, {
      method,
      headers: {
        authorization: basicLogin(user, password),
        ...(body === undefined ? {} : { "content-type": binary ? "application/octet-stream" : "application/json" }),
      },
      ...(body === undefined ? {} : { body: binary ? new Uint8Array(body) : JSON.stringify(body) }),
    });
  }

  artifacts(): Promise<readonly model.ArtifactView[]> {
    return this.get(z.array(model.artifactViewSchema), "/artifacts");
  }

  features(): Promise<readonly model.FeatureView[]> {
    return this.get(z.array(model.featureViewSchema), "/features");
  }

  groups(): Promise<readonly model.GroupView[]> {
    return this.get(z.array(model.groupViewSchema), "/groups");
  }

  targets(): Promise<readonly model.TargetView[]> {
    return this.get(z.array(model.targetViewSchema), "/targets");
  }

  audit(query = ""): Promise<model.AuditPage> {
    return this.get(model.auditPageSchema, `/audit?${query}`);
  }

  /** Returns everything that people made or assigned, as text. */
  async mapping(): Promise<string> {
    const parts = ["artifacts", "features", "distributions", "groups"].map((each) => this.text(`/${each}`));
    return (await Promise.all(parts)).join("\n");
  }

  private async get<T>(schema: z.ZodMiniType<T>, address: string): Promise<T> {
    return z.parse(schema, JSON.parse(await this.text(address)));
  }

  private async text(address: string): Promise<string> {
    const { status, text } = await this.ask("GET", address);
    if (status !== 200) throw new Error(`GET ${address}: ${status} ${text}`);
    return text;
  }
}

/** Calls /deployment and /auditlog as an agent does. */
export class Agent {
  constructor(
    readonly service: Service,
    readonly pod: string,
    readonly platform: model.Platform,
    readonly token = `token-${pod}`,
  ) {}

  ask(address: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> {
    return ask(`${this.service.url}${address}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "x-inaetics-platform": this.platform, ...headers },
    });
  }

  /** Offered versions; the last one is the wanted one. */
  async versions(current = ""): Promise<readonly string[]> {
    const answer = await this.ask(`/deployment/${this.pod}/versions`, { "x-inaetics-current": current });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return model.parseVersions(answer.text);
  }

  package(version: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> {
    return this.ask(`/deployment/${this.pod}/versions/${version}`, headers, method);
  }

  report(boot: string, events: readonly object[], target = this.pod): Promise<Answer> {
    return ask(`${this.service.url}/auditlog/send`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: JSON.stringify({ target, boot, events }),
    });
  }
}

/** Sends an upload that ends before its announced length. */
export async function cutShort(port: number): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  const head = `POST /client/artifacts HTTP/1.1\r\nHost: x\r\nAuthorization: ${basicLogin(user, password)}\r\nContent-Type: application/octet-stream\r\nContent-Length: 5000\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(head + "PK", () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.destroy();
}

/** Returns a function that returns the text of the event stream so far. */
export async function listen(service: Service, lastId?: string): Promise<() => string> {
  const response = await fetch(`${service.url}/client/stream`, {
    headers: {
      authorization: basicLogin(user, password),
      ...(lastId === undefined ? {} : { "last-event-id": lastId }),
    },
  });
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  void (async () => {
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read())
      text += part.value;
  })().catch(() => undefined);
  return () => text;
}

/** Returns the text of a refusal, which must have that status. */
export function problem(answer: Answer, status: number): string {
  expect(answer.status, answer.text).to.equal(status);
  expect(answer.headers.get("content-type")).to.include("application/problem+json");
  return z.parse(model.problemSchema, JSON.parse(answer.text)).detail;
}
