/** Client for provisioning's REST interface on the test's cluster, as in a user's script. Proves nothing by itself. */
import { Rest } from "./rest";
import type { TestCluster } from "../support/cluster/testcluster";

/** A target as `GET /client/targets` shows it. */
export interface Target {
  readonly id: string;
  readonly group: string;
  readonly platform: "osgi" | "celix";
  readonly state: string;
  readonly wanted: { readonly version: string; readonly artifacts: readonly Named[] } | null;
  readonly current: { readonly version: string } | null;
  readonly failed: { readonly version: string; readonly reason: string } | null;
}

interface Named {
  readonly name: string;
  readonly version: string;
}

/** An artifact as `GET /client/artifacts` shows it. */
export interface Artifact extends Named {
  readonly platform: "osgi" | "celix";
  readonly sha256: string;
}

/** An event as `GET /client/audit` shows it. */
export interface AuditEvent {
  readonly seq: number;
  readonly target: string;
  readonly type: string;
  readonly version?: string;
  readonly message?: string;
}

export class Provisioning extends Rest {
  static async open(cluster: TestCluster): Promise<Provisioning> {
    return new Provisioning(`http://${cluster.addresses["controller"]}:90`, await Rest.login(cluster));
  }

  /** Targets of a group that are not gone. */
  async targets(group: string): Promise<readonly Target[]> {
    const all = await this.get<readonly Target[]>("/client/targets");
    return all.filter((target) => target.group === group && target.state !== "gone");
  }

  /** Newest version of the artifact whose name ends with `nameEnd`, and its content. */
  async newest(nameEnd: string, platform: string): Promise<{ readonly artifact: Artifact; readonly content: Buffer }> {
    const all = await this.get<readonly Artifact[]>("/client/artifacts");
    const artifact = all.find((each) => each.platform === platform && each.name.endsWith(nameEnd));
    if (artifact === undefined) throw new Error(`no artifact *${nameEnd} for ${platform} among ${JSON.stringify(all)}`);
    const response = await fetch(`${this.url}/client/artifacts/${artifact.name}/${artifact.version}`, {
      headers: { authorization: this.authorization },
    });
    if (response.status !== 200) throw new Error(`artifact ${artifact.name}: ${response.status}`);
    return { artifact, content: Buffer.from(await response.arrayBuffer()) };
  }

  /** Everything that people made or assigned, without values that change by themselves. */
  async mapping(): Promise<unknown> {
    const [artifacts, features, distributions, groups] = await Promise.all(
      ["artifacts", "features", "distributions", "groups"].map((part) => this.get<unknown>(`/client/${part}`)),
    );
    return { artifacts, features, distributions, groups };
  }

  async audit(query: string): Promise<readonly AuditEvent[]> {
    return (await this.get<{ readonly events: readonly AuditEvent[] }>(`/client/audit?limit=1000&${query}`)).events;
  }
}
