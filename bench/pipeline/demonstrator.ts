import { changeLoad, readStats, type SiteAccess } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import type { Kinds } from "@inaetics/autoscaling";
import type { ProcessorsMode } from "@inaetics/samples";
import type { Cluster } from "./cluster";
import {
  controllerOf,
  controllersOf,
  PROCESSORS_PATH,
  PRODUCERS_PATH,
  UTILISATION_PATH,
  VIEWER,
  type ProcessorsChange,
} from "@inaetics/model";

/** Settings that people made before the bench, and get back after it. */
export interface Before {
  readonly rate: number;
  readonly producers: Kinds;
  readonly mode: ProcessorsMode;
}

export const CONTROLLERS = {
  viewer: controllerOf(VIEWER),
  producers: controllersOf("producer"),
  processors: controllersOf("processor"),
} as const;

/** Reads the settings. Rejects when one is not known: nothing may be changed that cannot be set back. */
export async function readBefore({ address }: SiteAccess, cluster: Cluster): Promise<Before> {
  const { ratePercent: rate, mode } = await readStats(address);
  const { felix, celix } = CONTROLLERS.producers;
  const [one, other] = await Promise.all([cluster.controller(felix), cluster.controller(celix)]);
  if (rate === null || mode === null) {
    throw new Failure("the dashboard does not know the rate or who scales the processors", "Run: ./cluster status");
  }
  return { rate, mode, producers: { felix: one.spec.replicas, celix: other.spec.replicas } };
}

/** Stops the demonstrator's producers and sets the rate to 0. */
export async function pauseProducers(dashboard: SiteAccess): Promise<void> {
  await changeLoad(dashboard, { path: PRODUCERS_PATH, body: { felix: 0, celix: 0 } });
  await changeLoad(dashboard, { path: UTILISATION_PATH, body: { value: 0 } });
}

/** Waits until the demonstrator's own agents are gone. The coordinator removes them at its next poll. */
export async function paused(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { producers, processors } = CONTROLLERS;
  const names = [...Object.values(producers), ...Object.values(processors)];
  await cluster.gone(names, signal);
}

/** Tries to set everything back, and rejects with all that could not be set. */
export async function setBack(dashboard: SiteAccess, { rate, producers, mode }: Before): Promise<void> {
  const processors: ProcessorsChange = mode.mode === "auto" ? { auto: true } : { felix: mode.felix, celix: mode.celix };
  const results = await Promise.allSettled([
    changeLoad(dashboard, { path: PROCESSORS_PATH, body: processors }),
    changeLoad(dashboard, { path: PRODUCERS_PATH, body: producers }),
    changeLoad(dashboard, { path: UTILISATION_PATH, body: { value: rate } }),
  ]);
  const failed = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  if (failed.length > 0) throw new Failure(failed.join("\n"), "Set it by hand: ./cluster scale --help");
}
