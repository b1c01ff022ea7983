/** A scene for discovery: etcd with the boxes' users, and a process that stays registered. Proves nothing by itself. */
import { AGENT_SERVICE, Discovery, serviceKey } from "@inaetics/discovery";
import { Etcd } from "../support/etcd";
import { eventually } from "../support/eventually";
import { EtcdUsers, Registrant } from "./registrants";

export const [alpha, beta] = [serviceKey(AGENT_SERVICE, "alpha"), serviceKey(AGENT_SERVICE, "beta")];

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class EtcdScene {
  private constructor(
    readonly etcd: Etcd,
    /** Certificates of the client `inaetics`. */
    readonly folder: string,
    /** Process that registers alpha; it must outlive everything that happens to etcd. */
    readonly survivor: Registrant,
  ) {}

  static async set(): Promise<EtcdScene> {
    const etcd = await Etcd.start();
    try {
      await new EtcdUsers(etcd).apply(undefined);
      const folder = await etcd.clientFolder("inaetics");
      return new EtcdScene(etcd, folder, Registrant.start(etcd.endpoint, folder, { [alpha]: "10.1.1.1:8080" }));
    } catch (error) {
      etcd.stop();
      throw error;
    }
  }

  async strike(): Promise<void> {
    await this.survivor.end("SIGKILL");
    this.etcd.stop();
  }

  connect(): Discovery {
    return new Discovery({ endpoints: [this.etcd.endpoint], folder: this.folder }, quiet);
  }

  keys(): Promise<readonly string[]> {
    return this.etcd.keys("/inaetics/");
  }

  async value(key: string): Promise<string> {
    return (await this.etcd.get(key)).trimEnd();
  }

  /** Milliseconds until alpha's key has its value (again). */
  async back(seconds: number): Promise<number> {
    const began = Date.now();
    await eventually("alpha's key", seconds, async () => (await this.value(alpha)) === "10.1.1.1:8080");
    this.survivor.well();
    return Date.now() - began;
  }
}
