import {
  jetstream,
  JetStreamApiError,
  JetStreamError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { errors, type NatsConnection } from "@nats-io/transport-node";
import { messageWithCause } from "@inaetics/base";
import { unavailable, type Problem } from "./problem";

/** Longer than an election of a leader takes. The caller repeats a request that takes longer. */
export const REQUEST_MS = 4000;

export interface JetStream {
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
}

export async function openJetStream(connection: NatsConnection): Promise<JetStream> {
  // checkAPI would ask for the account's limits each time.
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_MS });
  return { manager, stream: jetstream(connection, { timeout: REQUEST_MS }) };
}

/** Turns the broker's "not found" into undefined. Rejects with any other error. */
export async function absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.apiError().code === 404) return undefined;
    // Answers to direct reads have their status in a header.
    if (error instanceof JetStreamError && "code" in error && error.code === 404) return undefined;
    throw error;
  }
}

/** Returns the answer for the caller when the broker failed. Undefined when the error is of another kind. */
export function brokerProblem(error: unknown): Problem | undefined {
  const failures = [
    errors.TimeoutError,
    errors.NoRespondersError,
    errors.RequestError,
    errors.ConnectionError,
    errors.ClosedConnectionError,
    errors.DrainingConnectionError,
    JetStreamError,
    JetStreamApiError,
  ];
  // Some of the broker's errors only wrap these.
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (failures.some((kind) => cause instanceof kind)) {
      return unavailable(`the broker does not answer (${messageWithCause(error)}); try again in a moment`);
    }
  }
  return undefined;
}
