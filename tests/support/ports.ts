/** Free ports of loopback. */
import { createServer } from "node:net";

const [first, count] = [20_000, 10_000];
const handedOut = new Set<number>();

/** This process's part among those of a run, which share the ports; `./cluster test` sets it, such as 2/13. */
const [part = 0, parts = 1] = process.env["TEST_PART"]?.split("/").map(Number) ?? [];

/**
 * Returns a free port of loopback, each only once a process, and never one of another process of this run. It is below
 * the range that the system uses for outgoing connections: a port in that range could be taken before its server listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(((part + Math.random()) / parts) * count);
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
