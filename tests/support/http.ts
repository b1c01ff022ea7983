/** HTTP of tests: the login in a header, and servers that stand in for others. */
import { once } from "node:events";
import * as http from "node:http";

/** Value of the header `authorization` for a login by HTTP Basic. */
export function basicLogin(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A server of a test on loopback, which can be stopped and started again. */
export abstract class StandIn {
  private server: http.Server | undefined;

  constructor(readonly port: number) {}

  async up(): Promise<void> {
    const server = http.createServer((request, response) => void this.answer(request, response));
    this.server = server;
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
  }

  down(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  protected abstract answer(request: http.IncomingMessage, response: http.ServerResponse): void | Promise<void>;
}
