import fastify, { LogController, type FastifyInstance } from "fastify";
import { STATUS_CODES } from "node:http";
import type { Environment } from "./environment";
import { METRICS_TYPE, renderMetrics, type Metric } from "./metrics";
import { Problem } from "./problem";

/** Address of a service. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Reads HTTP_HOST and HTTP_PORT; all addresses and 8080 when they are absent. Port 0 takes any free one. */
export function listenAddress(environment: Environment): Listen {
  return {
    host: environment.text("HTTP_HOST", "0.0.0.0"),
    port: environment.integer("HTTP_PORT", { min: 0, max: 65535 }, 8080),
  };
}

export interface Health {
  /** Reason to restart the process. Undefined when it is healthy. It must not depend on other services. */
  readonly unhealthy: () => string | undefined;
  /** Reason not to use this instance now. Undefined when it is ready. */
  readonly unready: () => string | undefined;
  readonly metrics: () => readonly Metric[];
}

/** An HTTP server with /healthz, /readyz and /metrics; errors are application/problem+json. */
export function createServer(health: Health): FastifyInstance {
  const server = fastify({
    logger: { level: process.env["LOG_LEVEL"] ?? "info" },
    // Probes and scrapes each second would drown everything else.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 200 },
  });
  server.get("/healthz", async (_request, reply) => state(health.unhealthy(), (code) => reply.code(code)));
  server.get("/readyz", async (_request, reply) => state(health.unready(), (code) => reply.code(code)));
  server.get("/metrics", async (_request, reply) =>
    reply.type(METRICS_TYPE).send(await renderMetrics(health.metrics())),
  );
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    return reply
      .code(404)
      .type(PROBLEM)
      .send(problem(404, "Not Found", `no ${request.method} ${path} here`));
  });
  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const known = error instanceof Problem;
    const status = error.statusCode ?? 500;
    if (status >= 500 && !known) request.log.error(error);
    const detail = status >= 500 && !known ? "the service failed; its log says why" : error.message;
    return reply
      .code(status)
      .headers(known ? error.headers : {})
      .type(PROBLEM)
      .send(problem(status, STATUS_CODES[status] ?? "Error", detail));
  });
  return server;
}

const PROBLEM = "application/problem+json";

/** Body of an error answer, as RFC 9457 defines it. */
export function problem(status: number, title: string, detail: string): object {
  return { type: "about:blank", title, status, detail };
}

function state(reason: string | undefined, code: (status: number) => unknown): object {
  code(reason === undefined ? 200 : 503);
  return reason === undefined ? { status: "ok" } : { status: "unavailable", reason };
}
