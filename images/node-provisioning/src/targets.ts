import { missing } from "@inaetics/service";
import type { Target } from "./model/stored";
import { checkTarget } from "./model/rules";
import type { Store } from "./storage/store";

/** Fields of a target that people can change. */
export type TargetChange = Partial<Pick<Target, "approved" | "distributions">>;

/** Changes a target if the result obeys the rules; throws a Problem otherwise. */
export async function changeTarget(store: Store, id: string, change: (target: Target) => TargetChange): Promise<void> {
  await store.changeTarget(id, (target) => {
    if (target === undefined) throw missing(`there is no target "${id}"; GET /client/targets lists them`);
    const after = { ...target, ...change(target) };
    checkTarget(store.model, id, after);
    return after;
  });
}
