import { type ChildProcess, spawn } from "node:child_process";
import * as net from "node:net";
import { Context, unattended } from "@inaetics/stack";
import { addressArguments } from "../boxes/ssh";

/** A broker, and the box that its pod runs on. */
export interface Route {
  readonly boxAddress: string;
  readonly podAddress: string;
}

/**
 * A port of this machine that leads to the brokers, by ssh through their own boxes. It needs neither API server nor
 * controller, so that it works during their faults. Each connection takes the next broker.
 */
export class Tunnel {
  private turn = 0;
  private readonly children = new Set<ChildProcess>();

  private constructor(
    private readonly context: Context,
    private readonly server: net.Server,
    private routes: readonly Route[],
  ) {
    server.on("connection", (socket) => this.connect(socket));
  }

  static async open(context: Context, routes: readonly Route[]): Promise<Tunnel> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Tunnel(context, server, routes);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Takes the brokers' present addresses, which change when their pods are made again. */
  update(routes: readonly Route[]): void {
    if (routes.length > 0) this.routes = routes;
  }

  close(): void {
    this.server.close();
    for (const child of this.children) child.kill();
  }

  private connect(socket: net.Socket): void {
    const route = this.routes[this.turn++ % this.routes.length];
    if (route === undefined) {
      socket.destroy();
      return;
    }
    const options = [...unattended, "-o", "ConnectTimeout=2", "-W", `${route.podAddress}:4222`];
    const args = [...options, ...addressArguments(this.context, route.boxAddress, [])];
    const child = spawn("ssh", args, { stdio: ["pipe", "pipe", "ignore"] });
    this.children.add(child);
    const end = (): void => {
      this.children.delete(child);
      child.kill();
      socket.destroy();
    };
    for (const part of [socket, child, child.stdin, child.stdout]) part.on("error", end);
    child.on("exit", end);
    socket.on("close", end);
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  }
}
