import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { PROCESSORS, RESULTS, SAMPLES } from "@inaetics/samples";
import { ResultReader } from "../../images/datastore-viewer/src/statistics/results";
import type { Ledger } from "./ledger";

const ASK_MS = 3000;
/** Results of one read. */
const PAGE = 1000;

/** State of the queue at a moment. */
export interface QueueState {
  /** Samples that were accepted since the stream was made. */
  readonly accepted: number;
  /** Samples that wait or are being processed. */
  readonly waiting: number;
}

/** Reads the queue's state. Throws while the broker does not answer. */
export async function readQueue(connection: NatsConnection): Promise<QueueState> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ASK_MS });
  const { state } = await manager.streams.info(SAMPLES);
  const { num_pending, num_ack_pending } = await manager.consumers.info(SAMPLES, PROCESSORS);
  return { accepted: state.last_seq, waiting: Math.max(state.messages, num_pending + num_ack_pending) };
}

/** Reads each new result of the data store once, in order, and records it in a ledger. */
export class ResultFollower {
  private constructor(
    private readonly connection: NatsConnection,
    private readonly reader: ResultReader,
    private readonly ledger: Ledger,
    private reached: number,
  ) {}

  /** Begins behind the results that are stored now. */
  static async open(connection: NatsConnection, ledger: Ledger): Promise<ResultFollower> {
    const { last_seq } = await storeState(connection);
    return new ResultFollower(connection, new ResultReader(() => connection), ledger, last_seq);
  }

  /** Number of the last result that was read. */
  get position(): number {
    return this.reached;
  }

  /** Reads to the end. Throws while the broker does not answer; the next read continues. */
  async read(): Promise<void> {
    for (;;) {
      const after = this.reached;
      const { results, next } = await this.reader.page({ from: undefined, to: undefined, after, limit: PAGE });
      for (const { id, storedAt } of results) this.ledger.stored(id, storedAt);
      this.reached = next ?? results.at(-1)?.seq ?? after;
      if (next === null) return;
    }
  }

  /** True when all results are read. Asks the stream's leader, because a replica may answer reads late. */
  async isComplete(): Promise<boolean> {
    return (await storeState(this.connection)).last_seq <= this.reached;
  }
}

async function storeState(connection: NatsConnection): Promise<{ readonly last_seq: number }> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ASK_MS });
  return (await manager.streams.info(RESULTS)).state;
}
