/** Routes of people and their scripts below /client: the model and its changes. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createReadStream } from "node:fs";
import {
  auditQuerySchema,
  distributionSchema,
  featureSchema,
  groupChangeSchema,
  targetChangeSchema,
  versionChoiceSchema,
} from "@inaetics/model";
import type { EventStream } from "@inaetics/service";
import type { Fleet } from "../fleet";
import { usersOf } from "../model/catalog";
import * as changes from "../model/changes";
import type { Model } from "../model/stored";
import { artifactViews, distributionViews, featureViews, groupViews } from "../model/views";
import type { Uploads } from "../packages/uploads";
import type { AuditLog } from "../storage/audit";
import type { Blobs } from "../storage/blobs";
import type { Store } from "../storage/store";
import { checked, newName, params } from "./requests";

export interface PeopleServices {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly blobs: Blobs;
  readonly uploads: Uploads;
  readonly audit: AuditLog;
}

/** Adds the routes below /client. `services` throws until the services are ready. */
export function addPeopleRoutes(server: FastifyInstance, services: () => PeopleServices, stream: EventStream): void {
  // Passes a file on as a stream; the upload code limits its size.
  server.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  /** Changes the model and assigns the resulting deployments to the agents. */
  const change = async (apply: (model: Model) => Model): Promise<Model> => {
    const { store, fleet } = services();
    const model = await store.changeModel(apply);
    await fleet.assignAll();
    return model;
  };
  addArtifactRoutes(server, services, change);
  addFeatureRoutes(server, services, change);
  addDistributionRoutes(server, services, change);
  addGroupRoutes(server, services, change);
  addTargetRoutes(server, services);
  server.get("/client/audit", (request) => {
    const query = checked(auditQuerySchema, request.query, "the query");
    return services().audit.list({ target: query.target, after: query.after, limit: query.limit ?? 100 });
  });
  server.get("/client/stream", (request, reply) => {
    services();
    return stream.accept(request, reply);
  });
}

type Services = () => PeopleServices;
type Change = (apply: (model: Model) => Model) => Promise<Model>;

function addArtifactRoutes(server: FastifyInstance, services: Services, change: Change): void {
  server.get("/client/artifacts", async () => artifactViews(services().store.model));
  server.post("/client/artifacts", async (request, reply) => {
    const { uploads, store, fleet } = services();
    const { artifact, isNew } = await uploads.take(request);
    await fleet.assignAll();
    return reply.code(isNew ? 201 : 200).send({ ...artifact, usedBy: usersOf(store.model, artifact) });
  });
  server.get("/client/artifacts/:name/:version", async (request, reply) => {
    const { name = "", version = "" } = params(request);
    const { store, blobs } = services();
    const artifact = changes.needArtifact(store.model, name, version);
    const { file, size } = await blobs.get(artifact.sha256);
    const kind = artifact.platform === "osgi" ? "jar" : "zip";
    reply.headers({
      "content-length": size,
      "content-disposition": `attachment; filename="${name}-${version}.${kind}"`,
      etag: `"${artifact.sha256}"`,
    });
    return reply.type("application/octet-stream").send(createReadStream(file));
  });
  server.delete("/client/artifacts/:name/:version", async (request, reply) => {
    const { name = "", version = "" } = params(request);
    await change((model) => changes.removeArtifact(model, name, version));
    return reply.code(204).send();
  });
}

function addFeatureRoutes(server: FastifyInstance, services: Services, change: Change): void {
  const view = (model: Model, name: string): object | undefined =>
    featureViews(model).find((each) => each.name === name);
  server.get("/client/features", async () => featureViews(services().store.model));
  server.put("/client/features/:name", async (request) => {
    const name = newName(request);
    const body = checked(featureSchema, request.body, `the body must be {"artifacts": [{"name", "version"?}]}`);
    return view(await change((model) => changes.putFeature(model, name, body)), name);
  });
  server.delete("/client/features/:name", async (request, reply) => {
    await change((model) => changes.removeFeature(model, params(request)["name"] ?? ""));
    return reply.code(204).send();
  });
  server.put("/client/features/:name/artifacts/:part", async (request) => {
    const { name = "", part = "" } = params(request);
    const body = checked(versionChoiceSchema, request.body ?? {}, `the body must be {} or {"version": "1.2.3"}`);
    return view(await change((model) => changes.putChoice(model, name, { name: part, ...body })), name);
  });
  server.delete("/client/features/:name/artifacts/:part", async (request, reply) => {
    const { name = "", part = "" } = params(request);
    await change((model) => changes.removeChoice(model, name, part));
    return reply.code(204).send();
  });
}

function addDistributionRoutes(server: FastifyInstance, services: Services, change: Change): void {
  const view = (model: Model, name: string): object | undefined =>
    distributionViews(model).find((each) => each.name === name);
  server.get("/client/distributions", async () => distributionViews(services().store.model));
  server.put("/client/distributions/:name", async (request) => {
    const name = newName(request);
    const body = checked(distributionSchema, request.body, `the body must be {"features": ["..."]}`);
    return view(await change((model) => changes.putDistribution(model, name, body)), name);
  });
  server.delete("/client/distributions/:name", async (request, reply) => {
    const { name = "" } = params(request);
    await change((model) => changes.removeDistribution(model, name, services().store.targets));
    return reply.code(204).send();
  });
  server.put("/client/distributions/:name/features/:part", async (request) => {
    const { name = "", part = "" } = params(request);
    return view(await change((model) => changes.linkFeature(model, name, part)), name);
  });
  server.delete("/client/distributions/:name/features/:part", async (request, reply) => {
    const { name = "", part = "" } = params(request);
    await change((model) => changes.unlinkFeature(model, name, part));
    return reply.code(204).send();
  });
}

function addGroupRoutes(server: FastifyInstance, services: Services, change: Change): void {
  const view = (model: Model, name: string): object | undefined => groupViews(model).find((each) => each.name === name);
  server.get("/client/groups", async () => groupViews(services().store.model));
  server.put("/client/groups/:name", async (request) => {
    const name = newName(request);
    const body = checked(
      groupChangeSchema,
      request.body,
      `the body must be {"platform", "autoApprove", "distributions"}`,
    );
    return view(await change((model) => changes.putGroup(model, name, body, services().store.targets)), name);
  });
  server.delete("/client/groups/:name", async (request, reply) => {
    const { name = "" } = params(request);
    await change((model) => changes.removeGroup(model, name, services().fleet.present(name)));
    return reply.code(204).send();
  });
  server.put("/client/groups/:name/distributions/:part", async (request) => {
    const { name = "", part = "" } = params(request);
    return view(await change((model) => changes.linkDistribution(model, name, part)), name);
  });
  server.delete("/client/groups/:name/distributions/:part", async (request, reply) => {
    const { name = "", part = "" } = params(request);
    await change((model) => changes.unlinkDistribution(model, name, part));
    return reply.code(204).send();
  });
}

function addTargetRoutes(server: FastifyInstance, services: Services): void {
  const apply = async (request: FastifyRequest, change: Parameters<Fleet["change"]>[1]): Promise<object> => {
    const { fleet } = services();
    const { name = "" } = params(request);
    fleet.view(name);
    await fleet.change(name, change);
    await fleet.assignAll();
    return fleet.view(name);
  };
  server.get("/client/targets", async () => services().fleet.views());
  server.put("/client/targets/:name", async (request) => {
    const body = checked(
      targetChangeSchema,
      request.body,
      `the body must be {"approved"?: boolean, "distributions"?: [..]}`,
    );
    return apply(request, () => body);
  });
  server.post("/client/targets/:name/approve", (request) => apply(request, () => ({ approved: true })));
  server.put("/client/targets/:name/distributions/:part", (request) => {
    const { part = "" } = params(request);
    return apply(request, ({ distributions }) => ({ distributions: changes.added(distributions, part) }));
  });
  server.delete("/client/targets/:name/distributions/:part", async (request, reply) => {
    const { name = "", part = "" } = params(request);
    const owner = `target "${name}"`;
    await apply(request, ({ distributions }) => ({
      distributions: changes.removed(owner, "distribution", distributions, part),
    }));
    return reply.code(204).send();
  });
  server.delete("/client/targets/:name", async (request, reply) => {
    await services().fleet.forget(params(request)["name"] ?? "");
    return reply.code(204).send();
  });
}
