/** Pulumi's ResourceProvider service around a Provider of plain functions. */
import * as grpc from "@grpc/grpc-js";
import { PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { differences } from "./diff";
import { EngineLog } from "./log";
import * as messages from "./messages";
import { Cancelled, Context, Provider, ResourceHandler } from "./provider";
import { revealAll, secretKeys } from "./secrets";
import { Properties } from "./values";

/** Common fields of the requests about one resource, or about the provider itself. */
interface About {
  getUrn(): string;
  getName(): string;
  getType(): string;
  getTimeout?(): number;
}

const nothing: Properties = {};

export class ProviderServer {
  private readonly cancelled = new AbortController();

  constructor(
    private readonly provider: Provider,
    private readonly log: EngineLog,
  ) {}

  /** Stops all running calls on the engine's Cancel and at the end of the process. */
  async stop(): Promise<void> {
    this.cancelled.abort(new Cancelled());
    await this.provider.stop?.();
  }

  /** Returns the functions by the names of the service definition. */
  implementation(): grpc.UntypedServiceImplementation {
    return {
      handshake: unary((request: proto.ProviderHandshakeRequest) => this.handshake(request)),
      attach: unary((request: PluginAttach) => this.attach(request)),
      getPluginInfo: unary(() => Promise.resolve(pluginInfo(this.provider.version))),
      getSchema: unary(() => Promise.resolve(schema(this.provider))),
      cancel: unary(async () => {
        await this.stop();
        return new Empty();
      }),
      checkConfig: unary((request: proto.CheckRequest) => this.checkConfig(request)),
      diffConfig: unary((request: proto.DiffRequest) => this.diffConfig(request)),
      configure: unary((request: proto.ConfigureRequest) => this.configure(request)),
      invoke: unary((request: proto.InvokeRequest) => this.invoke(request)),
      check: unary((request: proto.CheckRequest) => this.check(request)),
      diff: unary((request: proto.DiffRequest) => this.diff(request)),
      create: unary((request: proto.CreateRequest) => this.create(request)),
      read: unary((request: proto.ReadRequest) => this.read(request)),
      update: unary((request: proto.UpdateRequest) => this.update(request)),
      delete: unary((request: proto.DeleteRequest) => this.delete(request)),
    };
  }

  private handshake(request: proto.ProviderHandshakeRequest): Promise<proto.ProviderHandshakeResponse> {
    if (request.getEngineAddress() !== "") this.log.connect(request.getEngineAddress());
    const response = new proto.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    return Promise.resolve(response);
  }

  private attach(request: PluginAttach): Promise<Empty> {
    this.log.connect(request.getAddress());
    return Promise.resolve(new Empty());
  }

  private async checkConfig(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const inputs = messages.read(request.getNews()) ?? nothing;
    const result = await this.provider.checkConfig?.(this.checkRequest(request, inputs));
    return messages.checkResponse(result ?? { inputs: revealAll(inputs) }, inputs);
  }

  /** Compares the provider's settings. Every change is an update of the provider; no resource is replaced. */
  private diffConfig(request: proto.DiffRequest): Promise<proto.DiffResponse> {
    const { oldInputs, inputs } = this.diffRequest(request);
    return Promise.resolve(messages.diffResponse({ changes: differences(oldInputs, inputs) }));
  }

  private async configure(request: proto.ConfigureRequest): Promise<proto.ConfigureResponse> {
    const settings = revealAll(messages.read(request.getArgs()) ?? nothing);
    const about = {
      getUrn: () => request.getUrn() ?? "",
      getName: () => request.getName() ?? "",
      getType: () => request.getType() ?? "",
    };
    await this.provider.configure?.(settings, this.context(about));
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  private async invoke(request: proto.InvokeRequest): Promise<proto.InvokeResponse> {
    const token = request.getTok();
    if (!this.provider.invoke)
      throw new Error(`${this.provider.name}: got the function ${token}; this provider has none`);
    const args = messages.read(request.getArgs()) ?? nothing;
    const about = { getUrn: () => "", getName: () => "", getType: () => "" };
    const context = { ...this.context(about), preview: request.getPreview() };
    const response = new proto.InvokeResponse();
    response.setReturn(messages.write(await this.provider.invoke(token, revealAll(args), context), nothing));
    return response;
  }

  private async check(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const inputs = messages.read(request.getNews()) ?? nothing;
    const result = await this.handler(request).check?.(this.checkRequest(request, inputs));
    return messages.checkResponse(result ?? { inputs: revealAll(inputs) }, inputs);
  }

  private async diff(request: proto.DiffRequest): Promise<proto.DiffResponse> {
    const handler = this.handler(request);
    const plain = this.diffRequest(request);
    const replaced = handler.update ? new Set<string>() : new Set(Object.keys({ ...plain.oldInputs, ...plain.inputs }));
    const diff = await handler.diff?.(plain);
    return messages.diffResponse(diff ?? { changes: differences(plain.oldInputs, plain.inputs, replaced) });
  }

  private async create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
    const inputs = messages.read(request.getProperties()) ?? nothing;
    const { id, outputs } = await this.handler(request).create({
      ...this.context(request),
      inputs: revealAll(inputs),
      secretInputs: secretKeys(inputs),
      preview: request.getPreview(),
    });
    const response = new proto.CreateResponse();
    response.setId(id);
    response.setProperties(messages.write(outputs, inputs));
    return response;
  }

  private async read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    const state = messages.read(request.getProperties());
    const inputs = messages.read(request.getInputs());
    const response = new proto.ReadResponse();
    const handler = this.handler(request);
    const id = request.getId();
    const plain = { state: state && revealAll(state), inputs: inputs && revealAll(inputs) };
    const result = handler.read
      ? await handler.read({ ...this.context(request), id, ...plain })
      : { id, outputs: plain.state ?? nothing, inputs: plain.inputs ?? nothing };
    if (result === undefined) return response;
    response.setId(result.id);
    response.setProperties(messages.write(result.outputs, state ?? nothing));
    response.setInputs(messages.write(result.inputs, inputs ?? nothing));
    return response;
  }

  private async update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
    const handler = this.handler(request);
    if (!handler.update) throw new Error(`${request.getType()} cannot be updated in place`);
    const inputs = messages.read(request.getNews()) ?? nothing;
    const outputs = await handler.update({
      ...this.context(request),
      id: request.getId(),
      state: revealAll(messages.read(request.getOlds()) ?? nothing),
      oldInputs: revealAll(messages.read(request.getOldInputs()) ?? nothing),
      inputs: revealAll(inputs),
      secretInputs: secretKeys(inputs),
      preview: request.getPreview(),
    });
    const response = new proto.UpdateResponse();
    response.setProperties(messages.write(outputs, inputs));
    return response;
  }

  private async delete(request: proto.DeleteRequest): Promise<Empty> {
    await this.handler(request).delete?.({
      ...this.context(request),
      id: request.getId(),
      state: revealAll(messages.read(request.getProperties()) ?? nothing),
      oldInputs: revealAll(messages.read(request.getOldInputs()) ?? nothing),
    });
    return new Empty();
  }

  private checkRequest(request: proto.CheckRequest, inputs: Properties) {
    const olds = messages.read(request.getOlds());
    return {
      ...this.context(request),
      inputs: revealAll(inputs),
      oldInputs: olds && revealAll(olds),
    };
  }

  private diffRequest(request: proto.DiffRequest) {
    return {
      ...this.context(request),
      id: request.getId(),
      state: revealAll(messages.read(request.getOlds()) ?? nothing),
      oldInputs: revealAll(messages.read(request.getOldInputs()) ?? nothing),
      inputs: revealAll(messages.read(request.getNews()) ?? nothing),
    };
  }

  private handler(request: About): ResourceHandler {
    const type = typeOf(request);
    const handler = this.provider.resource(type);
    if (!handler) throw new Error(`the offline plugin ${this.provider.name} does not have the resource type ${type}`);
    return handler;
  }

  private context(request: About): Context {
    const seconds = request.getTimeout?.() ?? 0;
    const signals = [this.cancelled.signal];
    if (seconds > 0) signals.push(timeout(seconds));
    return {
      urn: request.getUrn(),
      type: typeOf(request),
      name: request.getName(),
      log: this.log.for(request.getUrn()),
      signal: AbortSignal.any(signals),
    };
  }
}

/** Returns the type in a URN `urn:pulumi:stack::project::parent$type::name`; newer engines also send it separately. */
function typeOf(request: About): string {
  return request.getType() || (request.getUrn().split("::")[2] ?? "").replace(/^.*\$/, "");
}

function timeout(seconds: number): AbortSignal {
  const controller = new AbortController();
  const expired = () =>
    controller.abort(new Error(`not finished within its time-out of ${seconds} s (customTimeouts)`));
  setTimeout(expired, seconds * 1000).unref();
  return controller.signal;
}

function pluginInfo(version: string): PluginInfo {
  const info = new PluginInfo();
  info.setVersion(version);
  return info;
}

function schema({ name, version }: Provider): proto.GetSchemaResponse {
  const response = new proto.GetSchemaResponse();
  response.setSchema(JSON.stringify({ name, version, resources: {}, functions: {} }));
  return response;
}

function unary<Request, Response>(
  handle: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(messages.errorStatus(error)),
      );
  };
}
