/** Free ports of loopback. */
import { createServer } from "node:net";

const handedOut = new Set<number>();

/**
 * A free port of loopback, given once a process. It is below the range from which the system takes ports for outgoing
 * connections: one of those could be taken again before its server listens.
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
