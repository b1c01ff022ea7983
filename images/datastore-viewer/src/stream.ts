import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerResponse } from "node:http";
import { problem } from "../../../packages/service/index";

/** More viewers than any show has; each costs a socket and its buffer. */
const MOST_VIEWERS = 500;
/** A viewer that has not taken this much is gone or too slow; it may connect again. */
const MOST_UNSENT_BYTES = 256 * 1024;

/** Sends the same events to everyone who listens (server-sent events): serialised once, whoever listens. */
export class EventStream {
  private readonly viewers = new Set<ServerResponse>();

  /** `greeting` makes the events that a new viewer gets at once. */
  constructor(private readonly greeting: () => readonly (readonly [event: string, data: object])[]) {}

  get size(): number {
    return this.viewers.size;
  }

  /** Answers a request with the stream; a new viewer gets the greeting at once. */
  accept(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (this.viewers.size >= MOST_VIEWERS) {
      const detail = `already ${MOST_VIEWERS} viewers; try again later`;
      return reply
        .code(503)
        .type("application/problem+json")
        .send(problem(503, "Service Unavailable", detail));
    }
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // Proxies that buffer would hold events back.
      "x-accel-buffering": "no",
    });
    response.write(`retry: 1000\n\n${this.greeting().map(format).join("")}`);
    this.viewers.add(response);
    request.raw.on("close", () => this.viewers.delete(response));
    response.on("error", () => this.viewers.delete(response));
    return reply;
  }

  /** Sends data under the event's name to all. */
  send(event: string, data: object): void {
    const text = format([event, data]);
    for (const viewer of this.viewers) {
      if (viewer.writableLength > MOST_UNSENT_BYTES) viewer.destroy();
      else viewer.write(text);
    }
  }

  close(): void {
    for (const viewer of this.viewers) viewer.end();
    this.viewers.clear();
  }
}

function format([event, data]: readonly [event: string, data: object]): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
