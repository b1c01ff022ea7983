/** The provider that serves the Image of @pulumi/docker. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { CheckResult, isObject, Properties, Provider, unknown, Value } from "../lib";
import { Daemon } from "./daemon";
import { imageResource, Settings } from "./image";

let settings: Settings | undefined;

const image = imageResource(() => {
  if (settings === undefined) throw new Error("the docker provider is not configured");
  return settings;
});

function checkSettings(inputs: Properties): CheckResult {
  const { host, context } = inputs;
  const failures = [];
  if (typeof host === "string" && !/^(unix|tcp|ssh):\/\/./.test(host)) {
    failures.push({
      property: "host",
      reason: `got "${host}"; allowed: unix:///path, tcp://host:port, ssh://user@host`,
    });
  }
  if (typeof context === "string") {
    failures.push({ property: "context", reason: "the offline plugin has no docker contexts: give `host` instead" });
  }
  if (inputs["sshOpts"] !== unknown && list(inputs["sshOpts"]).some((option) => typeof option !== "string")) {
    failures.push({ property: "sshOpts", reason: "must be an array of strings" });
  }
  return { inputs, failures };
}

async function configure(inputs: Properties): Promise<void> {
  const text = (key: string) => (typeof inputs[key] === "string" && inputs[key] !== "" ? inputs[key] : undefined);
  const folder = text("certPath");
  const pem = async (key: string, file: string) => {
    return text(key) ?? (folder === undefined ? undefined : await readFile(path.join(folder, file), "utf8"));
  };
  const [ca, cert, key] = [
    await pem("caMaterial", "ca.pem"),
    await pem("certMaterial", "cert.pem"),
    await pem("keyMaterial", "key.pem"),
  ];
  const tls = ca === undefined && cert === undefined ? undefined : { ca, cert, key };
  const host = text("host") ?? process.env["DOCKER_HOST"];
  const sshOptions = list(inputs["sshOpts"]) as readonly string[];
  const daemon = new Daemon({ host: host === "" ? undefined : host, sshOptions, tls });
  settings = { daemon, logins: list(inputs["registryAuth"]).filter(isObject) };
}

/** The SDK sends lists in provider settings as JSON texts. */
function list(value: Value | undefined): readonly Value[] {
  if (typeof value === "string" && value !== "") return list(JSON.parse(value) as Value);
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

export const provider: Provider = {
  name: "docker",
  version: "5.2.0",
  checkConfig: ({ inputs }) => Promise.resolve(checkSettings(inputs)),
  configure,
  resource: (type) => (type === "docker:index/image:Image" ? image : undefined),
};
