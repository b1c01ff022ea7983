import type { Parsed } from "@inaetics/samples";

/** Properties of a wire. In etcd they are text: one `key=value` a line. */
export type Wire = Readonly<Record<string, string>>;

const CONFIG = "inaetics.wiring.config";
const NATS = "inaetics.wiring.nats";

/** A wire that leads to the message broker. @param url e.g. `nats://inaetics-queue.inaetics.svc:4222` */
export function natsWire(url: string): Wire {
  return {
    [CONFIG]: NATS,
    [`${NATS}.version`]: "1.0",
    [`${NATS}.url`]: url,
    [`${NATS}.secure`]: url.startsWith("tls://") ? "yes" : "no",
  };
}

/** The address that a wire leads to, `<configuration>.url`; undefined when it names none. */
export function wireUrl(wire: Wire): string | undefined {
  const config = wire[CONFIG];
  return config === undefined ? undefined : wire[`${config}.url`];
}

/** Formats a wire as text. Throws a RangeError when a key or value could not be read back. */
export function formatWire(wire: Wire): string {
  return Object.entries(wire)
    .map(([key, value]) => {
      if (key === "" || key !== key.trim() || /[=\r\n]/.test(key) || key.startsWith("#")) {
        throw new RangeError(`wire: the key ${JSON.stringify(key)} has "=", blanks around it or a line's end`);
      }
      if (value !== value.trim() || /[\r\n]/.test(value)) {
        throw new RangeError(`wire: the value ${JSON.stringify(value)} has blanks around it or a line's end`);
      }
      return `${key}=${value}\n`;
    })
    .join("");
}

/** Reads the text of a wire. Ignores empty lines and comments (#). The last value of a repeated key counts. */
export function parseWire(text: string): Parsed<Wire> {
  const wire = new Map<string, string>();
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const at = line.indexOf("=");
    if (at <= 0) return { ok: false, problem: `line ${index + 1}: got ${JSON.stringify(line)}; allowed is key=value` };
    wire.set(line.slice(0, at).trimEnd(), line.slice(at + 1).trimStart());
  }
  return { ok: true, value: Object.fromEntries(wire) };
}
