import * as z from "zod/mini";
import { type DashboardAccess, readStats } from "@inaetics/stack";
import { Failure, askJson } from "@inaetics/workstation";
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
  type ProducersChange,
  type ValueChange,
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

const CHANGE_MS = 20_000;

/** Reads the settings. Rejects when one is not known: nothing may be changed that cannot be set back. */
export async function readBefore({ address }: DashboardAccess, cluster: Cluster): Promise<Before> {
  const { ratePercent: rate, mode } = await readStats(address);
  const { felix, celix } = CONTROLLERS.producers;
  const [one, other] = await Promise.all([cluster.controller(felix), cluster.controller(celix)]);
  if (rate === null || mode === null) {
    throw new Failure("the dashboard does not know the rate or who scales the processors", "Run: ./cluster status");
  }
  return { rate, mode, producers: { felix: one.spec.replicas, celix: other.spec.replicas } };
}

/** Stops the demonstrator's producers and sets the rate to 0. */
export async function pauseProducers(dashboard: DashboardAccess): Promise<void> {
  await change(dashboard, "PUT", PRODUCERS_PATH, { felix: 0, celix: 0 });
  await change(dashboard, "POST", UTILISATION_PATH, { value: 0 });
}

/** Waits until the demonstrator's own agents are gone. The coordinator removes them at its next poll. */
export async function paused(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { producers, processors } = CONTROLLERS;
  const names = [...Object.values(producers), ...Object.values(processors)];
  await cluster.gone(names, signal);
}

/** Tries to set everything back, and rejects with all that could not be set. */
export async function setBack(dashboard: DashboardAccess, { rate, producers, mode }: Before): Promise<void> {
  const processors: ProcessorsChange = mode.mode === "auto" ? { auto: true } : { felix: mode.felix, celix: mode.celix };
  const results = await Promise.allSettled([
    change(dashboard, "PUT", PROCESSORS_PATH, processors),
    change(dashboard, "PUT", PRODUCERS_PATH, producers),
    change(dashboard, "POST", UTILISATION_PATH, { value: rate }),
  ]);
  const failed = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  if (failed.length > 0) throw new Failure(failed.join("\n"), "Set it by hand: ./cluster scale --help");
}

async function change(
  { address, login }: DashboardAccess,
  method: "PUT" | "POST",
  path: string,
  body: ValueChange | ProducersChange | ProcessorsChange,
): Promise<void> {
  const url = new URL(path, address).href;
  await askJson(z.unknown(), url, { method, body, login, timeout: CHANGE_MS });
}
