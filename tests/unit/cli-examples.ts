import { SystemStats } from "@inaetics/model";

/** A dashboard's answer under load. */
export const exampleStats: SystemStats = {
  productionRate: 450,
  processingRate: 430.25,
  producers: "3 / 3",
  processors: "2 / 3",
  results: 100,
  accepted: 1500,
  rejected: 0,
  ratePercent: 60,
  queue: {
    capacity: 10_000,
    depth: 1234,
    utilisation: 12.34,
    slope: -0.5,
    putRate: 450,
    takeRate: 430,
    oldestMs: 20,
  },
  problems: {},
  mode: { mode: "auto" },
  leader: "viewer-1",
  maxProducers: 4,
  policy: { policy: "slope", min: 1, max: 8, paused: false },
};
