import * as z from "zod/mini";

/** Count of a producer pod at its last report, and the time of that report (ms). */
const podSchema = z.object({ count: z.int().check(z.minimum(0)), at: z.number() });

/** Number of refused samples in all, with each pod's last report, so that counting continues after a restart. */
export const rejectionStateSchema = z.object({
  total: z.int().check(z.minimum(0)),
  pods: z.record(z.string(), podSchema),
});
export type RejectionState = Readonly<z.infer<typeof rejectionStateSchema>>;

export const NO_REJECTIONS: RejectionState = { total: 0, pods: {} };

/** Most pods that are remembered. The longest silent ones are forgotten first. */
export const REMEMBERED_PODS = 256;

/**
 * Adds the pod's refused samples since its last report. A smaller count than before means that its process started
 * again. Reporting the same count twice adds nothing, so replaying reports is harmless.
 */
export function countRejections(state: RejectionState, pod: string, count: number, at: number): RejectionState {
  // Own keys only: a pod may be called "constructor".
  const before = Object.hasOwn(state.pods, pod) ? state.pods[pod] : undefined;
  const added = before === undefined || count < before.count ? count : count - before.count;
  const pods = Object.entries(state.pods).filter(([name]) => name !== pod);
  const kept = [...pods, [pod, { count, at }] as const].sort((a, b) => b[1].at - a[1].at).slice(0, REMEMBERED_PODS);
  return { total: state.total + added, pods: Object.fromEntries(kept) };
}
