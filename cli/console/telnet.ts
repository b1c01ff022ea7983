/**
 * Negotiates telnet (RFC 854, RFC 855) for a client without any options. Every offer and demand is refused, and
 * none is shown. Pure.
 */

const SE = 240;
const SB = 250;
const WILL = 251;
const WONT = 252;
const DO = 253;
const DONT = 254;
const IAC = 255;

/** Bytes of a command that was incomplete at the end of the last chunk. */
export type TelnetState = readonly number[];

export const START: TelnetState = [];

export interface TelnetStep {
  readonly state: TelnetState;
  /** Text for the user. */
  readonly text: Uint8Array;
  /** Bytes to send back. */
  readonly reply: Uint8Array;
}

/** Processes the next bytes from the server; chunks may end anywhere. */
export function receive(state: TelnetState, chunk: Uint8Array): TelnetStep {
  const bytes = [...state, ...chunk];
  const text: number[] = [];
  const reply: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte !== IAC) {
      text.push(byte);
      at++;
      continue;
    }
    const end = commandEnd(bytes, at);
    if (end === undefined) break;
    const [, verb, option = 0] = bytes.slice(at, end);
    if (verb === IAC) text.push(IAC);
    if (verb === DO) reply.push(IAC, WONT, option);
    if (verb === WILL) reply.push(IAC, DONT, option);
    at = end;
  }
  return { state: bytes.slice(at), text: Uint8Array.from(text), reply: Uint8Array.from(reply) };
}

/** Encodes typed bytes for the server: a byte that would begin a command is doubled. */
export function send(typed: Uint8Array): Uint8Array {
  return Uint8Array.from([...typed].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

/** Returns the end of the command that begins at `at`; undefined when it continues in the next chunk. */
function commandEnd(bytes: readonly number[], at: number): number | undefined {
  const verb = bytes[at + 1];
  if (verb === undefined) return undefined;
  if (verb === SB) {
    for (let i = at + 2; i + 1 < bytes.length; i++) {
      if (bytes[i] !== IAC) continue;
      if (bytes[i + 1] === SE) return i + 2;
      // A doubled 255 is data; any other command inside is skipped.
      i++;
    }
    return undefined;
  }
  const length = verb >= WILL && verb <= DONT ? 3 : 2;
  return at + length <= bytes.length ? at + length : undefined;
}
