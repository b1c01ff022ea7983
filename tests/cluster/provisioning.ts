/** Client for provisioning's REST interface on the test's cluster, as in a user's script. Proves nothing by itself. */
import {
  artifactViewSchema,
  auditPageSchema,
  targetViewSchema,
  type ArtifactView,
  type AuditEvent,
  type TargetView,
} from "@inaetics/model";
import * as z from "zod/mini";
import { Rest } from "./rest";
import type { TestCluster } from "../support/cluster/testcluster";

export class Provisioning extends Rest {
  static async open(cluster: TestCluster): Promise<Provisioning> {
    return new Provisioning(`http://${cluster.addresses["controller"]}:90`, await Rest.login(cluster));
  }

  /** Targets of a group that are not gone. */
  async targets(group: string): Promise<readonly TargetView[]> {
    const all = z.parse(z.array(targetViewSchema), await this.get("/client/targets"));
    return all.filter((target) => target.group === group && target.state !== "gone");
  }

  /** Newest version of the artifact whose name ends with `nameEnd`, and its content. */
  async newest(
    nameEnd: string,
    platform: string,
  ): Promise<{ readonly artifact: ArtifactView; readonly content: Buffer }> {
    const all = z.parse(z.array(artifactViewSchema), await this.get("/client/artifacts"));
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
    return z.parse(auditPageSchema, await this.get(`/client/audit?limit=1000&${query}`)).events;
  }
}
