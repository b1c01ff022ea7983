/** Routes of agents: versions, packages, and the audit log. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import * as z from "zod/mini";
import { auditReportSchema, visitHeadersSchema } from "@inaetics/model";
import { listed, missing, Problem, wrong } from "@inaetics/service";
import type { Fleet } from "../fleet";
import { versionsText } from "../model/history";
import type { Deployment } from "../model/stored";
import { deploymentNumber, deploymentVersion } from "../model/versions";
import type { Packages } from "../packages/packages";
import type { AuditLog } from "../storage/audit";
import type { CachedFile } from "../storage/files";
import { matches, parseRange } from "./ranges";
import type { Caller, Tokens } from "./tokens";

export interface AgentServices {
  readonly fleet: Fleet;
  readonly packages: Packages;
  readonly audit: AuditLog;
  /** Notifies our other processes that the target visited this one. */
  readonly announce: (target: string) => void;
}

/** Largest report in bytes: 100 events with long messages. */
const LONGEST_REPORT = 1024 * 1024;

/** Adds /deployment/... and /auditlog/send. `services` throws until the services are ready. */
export class AgentRoutes {
  /** Number of whole packages sent. */
  served = 0;

  constructor(
    private readonly tokens: Tokens,
    private readonly services: () => AgentServices,
  ) {}

  add(server: FastifyInstance): void {
    server.get<{ Params: { target: string } }>("/deployment/:target/versions", async (request, reply) => {
      const caller = await this.own(request, request.params.target);
      return this.versions(caller, request, reply);
    });
    server.get<{ Params: { target: string; version: string } }>(
      "/deployment/:target/versions/:version",
      async (request, reply) => {
        await this.own(request, request.params.target);
        return this.package(request.params.target, request.params.version, request, reply);
      },
    );
    server.post("/auditlog/send", { bodyLimit: LONGEST_REPORT }, async (request, reply) => {
      const caller = await this.tokens.caller(request.headers.authorization);
      const report = z.safeParse(auditReportSchema, request.body);
      if (!report.success) throw wrong(`the report cannot be read: ${z.prettifyError(report.error)}`);
      const { target, boot, events } = report.data;
      mustOwn(caller, target);
      const { audit, fleet } = this.services();
      await audit.add(target, boot, events);
      await fleet.report(target, events);
      return reply.code(204).send();
    });
  }

  private async own(request: FastifyRequest, target: string): Promise<Caller> {
    const caller = await this.tokens.caller(request.headers.authorization);
    mustOwn(caller, target);
    return caller;
  }

  private async versions(caller: Caller, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const headers = z.safeParse(visitHeadersSchema, request.headers);
    if (!headers.success) throw wrong(headers.error.issues[0]?.message ?? "the headers cannot be read");
    const { "x-inaetics-platform": platform, "x-inaetics-current": current = "" } = headers.data;
    const { fleet, announce } = this.services();
    announce(caller.pod);
    const deployments = await fleet.visit({
      id: caller.pod,
      group: caller.group,
      platform,
      address: request.ip,
      current: current === "" ? undefined : current,
    });
    const text = versionsText(deployments);
    const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 32)}"`;
    reply.headers({ etag, "cache-control": "no-cache" });
    if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
    return reply.type("text/plain; charset=utf-8").send(text);
  }

  private async package(
    target: string,
    version: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { fleet, packages } = this.services();
    const deployment = fleet.deployment(target, deploymentNumber(version));
    if (deployment === undefined) throw noVersion(fleet, target, version);
    const file = await packages.get(fleet.view(target).group, deployment);
    return this.send(file, request, reply);
  }

  private send({ file, sha256, size }: CachedFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const etag = `"${sha256}"`;
    reply.headers({ etag, "accept-ranges": "bytes", "cache-control": "no-cache" }).type("application/vnd.osgi.dp");
    if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
    // A package that differs from the begun one must be fetched from its start.
    const begun = header(request, "if-range");
    const range = begun !== undefined && begun !== etag ? "all" : parseRange(request.headers.range, size);
    if (range === "none") {
      throw new Problem(416, `Range: outside of the package's ${size} bytes`, { "content-range": `bytes */${size}` });
    }
    const { start, end } = range === "all" ? { start: 0, end: size - 1 } : range;
    if (range !== "all") reply.code(206).header("content-range", `bytes ${start}-${end}/${size}`);
    reply.header("content-length", end - start + 1);
    // A stream, because an empty payload would be sent with a length of 0.
    if (request.method === "HEAD") return reply.send(Readable.from([]));
    if (range === "all") this.served++;
    return reply.send(createReadStream(file, { start, end }));
  }
}

function mustOwn(caller: Caller, target: string): void {
  if (caller.pod !== target) throw new Problem(403, `the token belongs to ${caller.pod}, not to ${target}`);
}

function noVersion(fleet: Fleet, target: string, version: string): Problem {
  const allowed = fleet.offered(target).map((each: Deployment) => deploymentVersion(each.number));
  return missing(`target "${target}" has no version "${version}"; it has: ${listed(allowed)}`);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}
