/** The kubernetes provider as the engine sees it. */
import { parseAllDocuments } from "yaml";
import * as lib from "../lib";
import { kindOfType } from "./check";
import { text } from "./objects";
import { ObjectHandler } from "./resource";
import { Session } from "./session";
import { settingsFrom } from "./settings";

/** Of the npm package whose programs it serves. */
const version = "4.32.0";

export class KubernetesProvider implements lib.Provider {
  readonly name = "kubernetes";
  readonly version = version;
  private session: Session | undefined;

  checkConfig(request: lib.CheckRequest): Promise<lib.CheckResult> {
    const { inputs } = request;
    if (lib.containsUnknown(inputs)) return Promise.resolve({ inputs });
    try {
      settingsFrom(inputs);
      return Promise.resolve({ inputs });
    } catch (error) {
      return Promise.resolve({ inputs, failures: [{ property: "", reason: (error as Error).message }] });
    }
  }

  /** Another way to the cluster is no other cluster; another identifier is. */
  diffConfig(request: lib.DiffRequest): Promise<lib.Diff> {
    const changes = lib.differences(request.oldInputs, request.inputs);
    const key = "clusterIdentifier";
    const identifier = changes.get(key);
    if (identifier && request.oldInputs[key] !== undefined) changes.set(key, { ...identifier, replace: true });
    return Promise.resolve({ changes });
  }

  configure(settings: lib.Properties): Promise<void> {
    this.session = new Session(settingsFrom(settings));
    return Promise.resolve();
  }

  resource(type: string): lib.ResourceHandler | undefined {
    if (!kindOfType(type) || /^kubernetes:(helm|yaml|kustomize)/.test(type)) return undefined;
    this.session ??= new Session(settingsFrom({}));
    return new ObjectHandler(this.session);
  }

  /** `kubernetes:yaml:decode`, by which the yaml components of the SDK read manifests. */
  invoke(token: string, args: lib.Properties): Promise<lib.Properties> {
    if (token !== "kubernetes:yaml:decode") throw new Error(`the offline plugin kubernetes has no function ${token}`);
    const documents = parseAllDocuments(text(args, "text"));
    const values = [...documents].map((document) => {
      const [error] = document.errors;
      if (error) throw new lib.InvalidArgument(`YAML: ${error.message}`);
      return document.toJS() as lib.Value;
    });
    return Promise.resolve({ result: values.filter((value) => value !== null) });
  }
}
