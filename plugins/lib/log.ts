/** Sends messages to the engine: its Engine service, in order, and without failing the operation that they describe. */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { Log, Severity } from "./provider";

const severities: Readonly<Record<Severity, LogSeverity>> = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
};

export class EngineLog {
  private client: EngineClient | undefined;
  private queue: Promise<void> = Promise.resolve();

  /** @param address host:port of the engine */
  connect(address: string): void {
    this.client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Returns the log of one resource. */
  for(urn: string): Log {
    const log = (severity: Severity, message: string) => this.send(urn, severity, message, false);
    return Object.assign(log, { status: (message: string) => this.send(urn, "info", message, true) });
  }

  /** Resolves when all earlier messages have reached the engine. */
  flushed(): Promise<void> {
    return this.queue;
  }

  private send(urn: string, severity: Severity, message: string, ephemeral: boolean): void {
    const client = this.client;
    if (client === undefined) return;
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(severities[severity]);
    // Protobuf strings are UTF-8: a lone surrogate (of a cut line) would fail the whole call.
    request.setMessage(Buffer.from(message).toString());
    request.setEphemeral(ephemeral);
    this.queue = this.queue.then(() => new Promise((resolve) => client.log(request, () => resolve())));
  }
}
