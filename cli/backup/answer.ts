/** Questions to a broker that may be electing a leader, and then does not answer. */
import { errors } from "@nats-io/transport-node";
import { sleep } from "@inaetics/base";

/** Milliseconds for an answer, with all repetitions. */
const answerMs = 30_000;

/** Repeats a question until the broker answers it. The question must be harmless when it is asked again. */
export async function untilAnswered<T>(question: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + answerMs;
  for (;;) {
    try {
      return await question();
    } catch (error) {
      const silent = error instanceof errors.TimeoutError || error instanceof errors.NoRespondersError;
      if (!silent || Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}
