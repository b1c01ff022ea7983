/** Where the API server is and how to log in there, from a kubeconfig given as text or as the path of a file. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";

export interface Connection {
  readonly server: URL;
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized: boolean;
  };
  /** The bearer token, read again for every request because files of tokens are renewed. */
  readonly token: () => string | undefined;
  /** The namespace of the context; undefined when it names none. */
  readonly namespace: string | undefined;
}

interface Choice {
  /** Text or path; undefined: $KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws an error that says what of the kubeconfig is wrong */
export function connectionFrom(choice: Choice): Connection {
  const { document, folder, source } = load(choice.kubeconfig);
  const named = (list: string, name: string, field: string) => entry(document, list, name, field, source);
  const contextName = choice.context ?? textOf(document["current-context"]);
  const context = contextName === undefined ? {} : named("contexts", contextName, "context");
  const clusterName = choice.cluster ?? textOf(context["cluster"]);
  if (clusterName === undefined) {
    throw new Error(`the kubeconfig (${source}) has no current-context; set it, or the provider's context or cluster`);
  }
  const cluster = named("clusters", clusterName, "cluster");
  const userName = textOf(context["user"]);
  const user = userName === undefined ? {} : named("users", userName, "user");
  refuseUnsupported(cluster, user, source);
  return {
    server: serverOf(cluster, clusterName, source),
    tls: tlsOf(cluster, user, folder),
    token: tokenOf(user, folder),
    namespace: textOf(context["namespace"]),
  };
}

function load(kubeconfig: string | undefined): { document: Fields; folder: string; source: string } {
  if (kubeconfig !== undefined && kubeconfig !== "") {
    const parsed = parseText(kubeconfig, "the provider's kubeconfig");
    if (isFields(parsed)) return { document: parsed, folder: process.cwd(), source: "the provider's kubeconfig" };
    return loadFile(kubeconfig.trim().replace(/^~(?=\/)/, os.homedir()));
  }
  const candidates = (process.env["KUBECONFIG"] ?? "").split(path.delimiter).filter((file) => file !== "");
  if (candidates.length === 0) candidates.push(path.join(os.homedir(), ".kube", "config"));
  const file = candidates.find((each) => fs.existsSync(each));
  if (file === undefined) {
    throw new Error(
      `no kubeconfig: ${candidates.join(", ")} does not exist; give the provider a kubeconfig (text or path)`,
    );
  }
  return loadFile(file);
}

function loadFile(file: string): { document: Fields; folder: string; source: string } {
  let content: string;
  try {
    content = fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`cannot read the kubeconfig ${file}: ${(error as Error).message}`);
  }
  const document = parseText(content, file);
  if (!isFields(document)) throw new Error(`the kubeconfig ${file} is not a YAML or JSON object`);
  return { document, folder: path.dirname(path.resolve(file)), source: file };
}

function parseText(content: string, source: string): unknown {
  try {
    return parse(content) as unknown;
  } catch (error) {
    // A parser's message quotes the line it stopped at, which may be a key.
    throw new Error(`${source} is neither YAML nor JSON (${(error as Error).name})`);
  }
}

function entry(document: Fields, list: string, name: string, field: string, source: string): Fields {
  const entries = Array.isArray(document[list]) ? (document[list] as unknown[]).filter(isFields) : [];
  const found = entries.find((each) => each["name"] === name);
  const names = entries.map((each) => String(each["name"])).join(", ") || "none";
  if (!found) throw new Error(`the kubeconfig (${source}) has no "${name}" among its ${list}; there are: ${names}`);
  return isFields(found[field]) ? found[field] : {};
}

function refuseUnsupported(cluster: Fields, user: Fields, source: string): void {
  const unsupported = ["exec", "auth-provider", "username"].filter((key) => user[key] !== undefined);
  if (cluster["proxy-url"] !== undefined) unsupported.push("proxy-url");
  if (unsupported.length === 0) return;
  throw new Error(
    `the kubeconfig (${source}) uses ${unsupported.join(", ")}, which the offline plugin does not have; ` +
      "use a client certificate or a token, or the official plugin",
  );
}

function serverOf(cluster: Fields, name: string, source: string): URL {
  const server = textOf(cluster["server"]) ?? "";
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new Error(
      `cluster "${name}" of the kubeconfig (${source}) has the server "${server}"; an https URL is needed`,
    );
  }
  return new URL(server);
}

function tlsOf(cluster: Fields, user: Fields, folder: string): Connection["tls"] {
  return {
    ca: bytesOf(cluster, "certificate-authority", folder),
    cert: bytesOf(user, "client-certificate", folder),
    key: bytesOf(user, "client-key", folder),
    servername: textOf(cluster["tls-server-name"]),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
  };
}

/** `<key>-data` holds base64, `<key>` the path of a file, relative to the kubeconfig. */
function bytesOf(fields: Fields, key: string, folder: string): Buffer | undefined {
  const data = textOf(fields[`${key}-data`]);
  if (data !== undefined) return Buffer.from(data, "base64");
  const file = textOf(fields[key]);
  return file === undefined ? undefined : readNamed(path.resolve(folder, file), key);
}

function readNamed(file: string, key: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read the kubeconfig's ${key} ${file}: ${(error as Error).message}`);
  }
}

function tokenOf(user: Fields, folder: string): () => string | undefined {
  const file = textOf(user["tokenFile"]);
  if (file !== undefined) return () => readNamed(path.resolve(folder, file), "tokenFile").toString().trim();
  const token = textOf(user["token"]);
  return () => token;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
