/** Names of images and logins to registries. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { isObject, Properties, Value } from "../lib";

/** Login in docker's form, as in the header X-Registry-Auth. */
export interface Login {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

export interface ImageName {
  /** Without the tag, e.g. "172.30.8.20:5000/inaetics/viewer". */
  readonly repository: string;
  readonly tag: string;
  /** The registry's host and port; "docker.io" for a name without them. */
  readonly registry: string;
}

/** Parses an image's name. @throws Error for a name that no registry would accept */
export function parseImageName(name: string): ImageName {
  const match =
    /^((?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?\/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?$/i.exec(
      name,
    );
  const repository = match?.[1];
  if (repository === undefined) {
    throw new Error(
      `got "${name}"; allowed: [registry[:port]/]name[:tag] with lower-case letters, digits, ".", "_", "-"`,
    );
  }
  const first = repository.split("/")[0] ?? "";
  const hasRegistry = repository.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return { repository, tag: match?.[2] ?? "latest", registry: hasRegistry ? first : "docker.io" };
}

/** Converts `registry.server` to the daemon's form: host:port. */
export function serverAddress(server: string): string {
  return server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

/**
 * Returns the login for a registry: the image's own, else the provider's, else that of the docker client's
 * configuration.
 * @param registry the image's input of that name
 * @param providerLogins the provider's setting `registryAuth`
 */
export function loginFor(name: ImageName, registry: Value | undefined, providerLogins: readonly Properties[]) {
  const own = isObject(registry) ? login(registry["server"] ?? name.registry, registry) : undefined;
  if (own) return own;
  for (const candidate of providerLogins) {
    const found = login(candidate["address"], candidate);
    if (found?.serveraddress === name.registry) return found;
  }
  return loginFromFile(name.registry);
}

function login(server: Value | undefined, { username, password }: Properties): Login | undefined {
  if (typeof username !== "string" || typeof password !== "string" || username === "" || password === "")
    return undefined;
  return { username, password, serveraddress: serverAddress(typeof server === "string" ? server : "docker.io") };
}

/** Reads a login from the client's file. Credential helpers are not used: they are programs of the user's desktop. */
function loginFromFile(registry: string): Login | undefined {
  const folder = process.env["DOCKER_CONFIG"] ?? path.join(homedir(), ".docker");
  try {
    const config = JSON.parse(readFileSync(path.join(folder, "config.json"), "utf8")) as {
      auths?: Readonly<Record<string, { auth?: string }>>;
    };
    const auth = config.auths?.[registry]?.auth;
    if (auth === undefined) return undefined;
    const [username = "", ...rest] = Buffer.from(auth, "base64").toString().split(":");
    return { username, password: rest.join(":"), serveraddress: registry };
  } catch {
    return undefined;
  }
}

export function authHeader(login: Login | undefined): Readonly<Record<string, string>> {
  // Padded, unlike Node's "base64url", because the daemon ignores a header that it cannot decode.
  const text = Buffer.from(JSON.stringify(login ?? {})).toString("base64");
  return { "X-Registry-Auth": text.replace(/\+/g, "-").replace(/\//g, "_") };
}

/** True for the messages of registries and daemons about a missing or wrong login. */
export function isLoginProblem(message: string): boolean {
  return /unauthorized|authentication required|no basic auth credentials|\bdenied\b|incorrect username or password|\b40[13]\b/i.test(
    message,
  );
}

export function loginProblem(registry: string, login: Login | undefined, message: string): string {
  const who =
    login === undefined
      ? `a user and a password are needed for the registry ${registry}`
      : `wrong user or password for the registry ${registry} (user "${login.username}")`;
  return `${who}; it answered: 401 ${message.trim()}`;
}
