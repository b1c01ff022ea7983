import type { Current, Kinds } from "@inaetics/autoscaling";
import { messageWithCause } from "@inaetics/base";
import type { ControllerState } from "@inaetics/service";
import type { Kubernetes } from "./kubernetes";

/** Names of the replication controllers of each role, by kind. */
export interface Controllers {
  readonly processors: ControllerNames;
  readonly producers: ControllerNames;
}
export type ControllerNames = Readonly<Record<keyof Kinds, string>>;
export type Role = keyof Controllers;

const TIMEOUT_MS = 2000;
const kinds = ["felix", "celix"] as const;

/** Reads and scales the replicas of processors and producers. */
export class Replicas {
  constructor(
    private readonly kubernetes: Pick<Kubernetes, "controllers" | "scale" | "createEvent"> | undefined,
    private readonly names: Controllers,
  ) {}

  /** Rejects with the reason when they are not known. */
  async read(): Promise<Readonly<Record<Role, Current>>> {
    const controllers = await this.api().controllers(TIMEOUT_MS);
    return {
      processors: current(controllers, this.names.processors),
      producers: current(controllers, this.names.producers),
    };
  }

  /** Scales the kinds that differ, each only if `mayGoOn`. Returns the outcome for an event; never rejects. */
  async scale(role: Role, from: Kinds, to: Kinds, mayGoOn: () => boolean = () => true): Promise<string> {
    try {
      for (const kind of kinds.filter((each) => from[each] !== to[each])) {
        if (!mayGoOn()) return "failed: another instance coordinates now";
        await this.api().scale(this.names[role][kind], to[kind], TIMEOUT_MS);
      }
      return "done";
    } catch (error) {
      return `failed: ${messageWithCause(error)}`.slice(0, 1000);
    }
  }

  /** Creates a Kubernetes Event for each processor controller that a decision changes. Rejects when that fails. */
  async recordEvents(from: Kinds, to: Kinds, reason: string, good: boolean): Promise<void> {
    for (const kind of kinds.filter((each) => from[each] !== to[each])) {
      const what = to[kind] > from[kind] ? "ScaledUp" : "ScaledDown";
      const text = `${from[kind]} => ${to[kind]}: ${reason}`;
      await this.api().createEvent(this.names.processors[kind], good ? what : "ScalingFailed", text, good, TIMEOUT_MS);
    }
  }

  private api(): Pick<Kubernetes, "controllers" | "scale" | "createEvent"> {
    if (this.kubernetes === undefined) throw new Error("this process runs outside of a Kubernetes cluster");
    return this.kubernetes;
  }
}

export function sameKinds(one: Kinds, other: Kinds): boolean {
  return one.felix === other.felix && one.celix === other.celix;
}

/** `2 Felix and 1 Celix`. */
export function describe({ felix, celix }: Kinds): string {
  return `${felix} Felix and ${celix} Celix`;
}

function current(controllers: readonly ControllerState[], names: ControllerNames): Current {
  const find = (name: string): ControllerState => {
    const found = controllers.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no replication controller ${name}; is the demonstrator up?`);
    return found;
  };
  const [felix, celix] = [find(names.felix), find(names.celix)];
  return {
    ready: { felix: felix.ready, celix: celix.ready },
    requested: { felix: felix.requested, celix: celix.requested },
  };
}
