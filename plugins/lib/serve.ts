/** Runs a plugin's process: starts the service, reports its port to the engine, ends with the engine. */
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { EngineLog } from "./log";
import { Provider } from "./provider";
import { ProviderServer } from "./server";

/**
 * Serves the provider until the engine that started this process is gone, or until SIGTERM or SIGINT.
 * The engine gives its address as the first argument and reads the port from the first line of standard output.
 */
export async function serve(provider: Provider): Promise<void> {
  const log = new EngineLog();
  const engine = process.argv[2];
  if (engine !== undefined) log.connect(engine);
  const service = new ProviderServer(provider, log);
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const server = new grpc.Server(unlimited);
  server.addService(ResourceProviderService, service.implementation());
  endWithTheEngine(service);
  process.stdout.write(`${await listen(server)}\n`);
}

function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

/** Ends this process with the engine. A killed engine sends no signal, but then this process gets another parent. */
function endWithTheEngine(service: ProviderServer): void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), 5000);
    void service.stop().finally(() => process.exit(0));
  };
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), 500).unref();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, end);
  // The engine shows a plugin's standard error; a broken pipe to a dead engine must not be a second failure.
  process.stdout.on("error", end);
  process.stderr.on("error", end);
}
