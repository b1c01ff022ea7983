/** Decides which checkout owns the boxes of a stack. Pure. */
import * as path from "node:path";
import { Failure } from "@inaetics/workstation";
import type { DockerObject } from "./objects";

/**
 * `free`: nothing of the stack exists. `ours`: this checkout may work on it. `lost`: this checkout's state knows
 * nothing of the boxes, and no other checkout has them. `other`: a living checkout in another folder has them.
 */
export type Verdict =
  { readonly kind: "free" | "ours" } | { readonly kind: "lost" | "other"; readonly folder: string | undefined };

/** This checkout. */
export interface Here {
  /** Its id for the stack; empty when it has none. */
  readonly checkout: string;
  /** Its folder `vagrant`. */
  readonly folder: string;
  /** True when its state has resources of the stack. */
  readonly knows: boolean;
}

/** Returns the project folder of the living checkout that has an id, or of the one that has a folder without ids. */
export type Home = (checkout: string, folder: string) => string | undefined;

/** Judges the docker objects of a stack. */
export function judge(objects: readonly DockerObject[], here: Here, home: Home): Verdict {
  if (objects.length === 0) return { kind: "free" };
  const [stranger] = objects.filter(({ checkout }) => checkout !== "" && checkout !== here.checkout);
  if (stranger !== undefined) {
    const folder = home(stranger.checkout, stranger.folder);
    return folder === undefined ? { kind: "lost", folder: origin(stranger) } : { kind: "other", folder };
  }
  if (objects.some(({ checkout }) => checkout !== "")) {
    // A copied folder has the id of its original, and so has a checkout whose boxes were taken over.
    const folder = home(here.checkout, here.folder);
    if (folder !== undefined && folder !== path.dirname(here.folder)) return { kind: "other", folder };
  } else if (!here.knows) {
    // Earlier versions set no id: their objects belong to the checkout whose state has them, else to the folder's.
    const [foreign] = objects.filter(({ folder }) => folder !== "" && folder !== here.folder);
    const folder = foreign === undefined ? undefined : home("", foreign.folder);
    if (folder !== undefined) return { kind: "other", folder };
  }
  // An interrupted destroy may leave a network, which holds no data.
  if (here.knows || objects.every(({ kind }) => kind === "network")) return { kind: "ours" };
  const [first] = objects;
  return { kind: "lost", folder: first === undefined ? undefined : origin(first) };
}

function origin({ folder }: DockerObject): string | undefined {
  return folder === "" ? undefined : path.dirname(folder);
}

/** Returns the refusal of a verdict; undefined when this checkout may work on the boxes. */
export function refusalOf(verdict: Verdict, stack: string): Failure | undefined {
  if (verdict.kind === "other") {
    return new Failure(
      `the boxes of stack ${stack} belong to another checkout: ${verdict.folder ?? "unknown"}; allowed: its own checkout`,
      `Work on them there, or use another stack name and subnet here: ./cluster --stack other up
If that checkout is given up, take its boxes over with all their data: ./cluster adopt --take-over`,
    );
  }
  if (verdict.kind === "lost") {
    const made = verdict.folder === undefined ? "" : `, which ${verdict.folder} made`;
    return new Failure(
      `docker has boxes or data of stack ${stack}${made}, but this checkout has no state of them`,
      `Take them up again with all their data, by the passphrase: ./cluster adopt
Or remove them with all their data: ./cluster destroy --force-boxes`,
    );
  }
  return undefined;
}
