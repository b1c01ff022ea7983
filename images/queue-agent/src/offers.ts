import { endpointKey, formatEndpoints, formatWire, natsWire, wireKey, ZONE, type Endpoint } from "@inaetics/discovery";
import { PROCESSORS, RESULTS, RESULT_SUBJECTS, SAMPLES, SAMPLE_SUBJECTS, STATISTICS_SUBJECTS } from "@inaetics/samples";

const API = "org.inaetics.demonstrator.api";

/** Endpoints that agents may find: interface and properties of each by its id. */
const offered: Readonly<Record<string, Pick<Endpoint, "interface" | "properties">>> = {
  queue: {
    interface: `${API}.SampleQueue`,
    properties: { stream: SAMPLES, subjects: SAMPLE_SUBJECTS, consumer: PROCESSORS },
  },
  store: { interface: `${API}.ResultStore`, properties: { stream: RESULTS, subjects: RESULT_SUBJECTS } },
  statistics: { interface: `${API}.StatsProvider`, properties: { subjects: STATISTICS_SUBJECTS } },
};

/**
 * The keys of discovery by which agents find queue, data store and statistics: the endpoints, and a wire for each.
 * @param pod this agent's name
 * @param url the broker's address as every pod can use it, e.g. `nats://inaetics-queue.inaetics.svc:4222`
 */
export function offers(pod: string, url: string): Readonly<Record<string, string>> {
  const endpoints = Object.entries(offered).map(([id, about]) => ({
    id,
    ...about,
    wire: { zone: ZONE, node: pod, id },
  }));
  return {
    [endpointKey(pod)]: formatEndpoints({ framework: pod, endpoints }),
    ...Object.fromEntries(endpoints.map(({ wire }) => [wireKey(wire), formatWire(natsWire(url))])),
  };
}
