/** Free ports of loopback. */
import { createServer } from "node:net";

const handedOut = new Set<number>();

/**
 * Returns a free port of loopback, each only once a process. It is below the range that the system uses for outgoing
 * connections: a port in that range could be taken before its server listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (!handedOut.has(port) && (await bindable(port))) {
      handedOut.add(port);
      return port;
    }
  }
}

function bindable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
