import { metricSchema, type Metric } from "@inaetics/autoscaling";
import { parseJson } from "@inaetics/samples";

/** Largest answer in bytes; a longer one is refused. */
const MOST_BYTES = 64 * 1024;

/** Reads the queue's figures from the queue agent. Rejects with the reason when no usable answer arrives in time. */
export async function readMetric(url: string, timeoutMs: number): Promise<Metric> {
  const began = Date.now();
  const answer = await ask(url, timeoutMs).catch((error: unknown) => {
    const late = Date.now() - began >= timeoutMs;
    const why = late ? `no answer within ${timeoutMs / 1000} s` : reason(error);
    throw new Error(`the queue's metrics at ${url} cannot be read: ${why}`);
  });
  const metric = parseJson(metricSchema, answer);
  if (!metric.ok) throw new Error(`what ${url} answers are no metrics of a queue: ${metric.problem.slice(0, 300)}`);
  return metric.value;
}

async function ask(url: string, timeoutMs: number): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const body = await limited(response);
  if (!response.ok) throw new Error(`it answers ${response.status}: ${body.slice(0, 200)}`);
  return body;
}

async function limited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`it answers more than ${MOST_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Reads the reason from the cause: fetch itself only says "fetch failed". */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
