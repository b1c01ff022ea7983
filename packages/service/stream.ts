import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerResponse } from "node:http";
import { problem } from "./server";

/** More viewers than any show has; each costs a socket and its buffer. */
const MOST_VIEWERS = 500;
/** A viewer that has not taken this much is gone or too slow; it may connect again. */
const MOST_UNSENT_BYTES = 256 * 1024;

/** Event that is sent. A viewer that connects again sends the last id that it got. */
export interface StreamEvent {
  readonly event: string;
  readonly data: object;
  readonly id?: string;
}

/** Sends the same server-sent events to all viewers. Each event is serialised once, however many listen. */
export class EventStream {
  private readonly viewers = new Set<ServerResponse>();

  /** `greeting` makes the events that a new viewer gets at once, from the last id that the viewer got. */
  constructor(private readonly greeting: (lastId: string | undefined) => readonly StreamEvent[]) {}

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
    const lastId = request.headers["last-event-id"];
    const greeting = this.greeting(typeof lastId === "string" ? lastId : undefined);
    response.write(`retry: 1000\n\n${greeting.map(format).join("")}`);
    this.viewers.add(response);
    request.raw.on("close", () => this.viewers.delete(response));
    response.on("error", () => this.viewers.delete(response));
    return reply;
  }

  /** Sends an event to all. */
  send(event: string, data: object, id?: string): void {
    const text = format({ event, data, id });
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

function format({ event, data, id }: StreamEvent): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
