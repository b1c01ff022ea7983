/** Controllers that answer. With several, the workstation uses another one while the first is away. */
import * as net from "node:net";

/** Milliseconds for a connection on the workstation's own network. */
const connectMs = 1000;

/** Returns the first of the addresses at which a server accepts connections; the first one when none does. */
export async function firstThatAnswers(addresses: readonly [string, ...string[]]): Promise<string> {
  if (addresses.length === 1) return addresses[0];
  const answers = await Promise.all(addresses.map((address) => accepts(new URL(address))));
  return addresses.find((_, index) => answers[index]) ?? addresses[0];
}

function accepts({ hostname, port, protocol }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(connectMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/**
 * Returns the addresses of a page at all controllers, the one of the output first. Pure.
 * @param nodes the stack's output: boxes by name
 */
export function pageAddresses(page: string, nodes: unknown): readonly [string, ...string[]] {
  const boxes = typeof nodes === "object" && nodes !== null ? Object.entries(nodes) : [];
  const others = boxes.flatMap(([name, address]: [string, unknown]) => {
    if (!/^controller-\d+$/.test(name) || typeof address !== "string") return [];
    const url = new URL(page);
    url.hostname = address;
    return [url.href];
  });
  return [page, ...others];
}
