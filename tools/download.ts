import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Milliseconds for a host to answer; each host is probed once a run. */
const probeTimeout = 4000;

/** Downloads from hosts that answer. A host that did not answer is not tried again, so being offline costs little. */
export class Downloader {
  readonly #hosts = new Map<string, Promise<string | undefined>>();

  /** @param fetcher used for requests, the global fetch by default */
  constructor(private readonly fetcher: typeof fetch = fetch) {}

  /** Returns the reason why the host of `url` cannot be used; undefined when it answers. */
  async unreachable(url: string): Promise<string | undefined> {
    const { host, origin } = new URL(url);
    let answer = this.#hosts.get(host);
    if (answer === undefined) {
      answer = this.#probe(origin);
      this.#hosts.set(host, answer);
    }
    return answer;
  }

  async #probe(origin: string): Promise<string | undefined> {
    try {
      const response = await this.fetcher(origin, {
        method: "HEAD",
        redirect: "manual",
        signal: AbortSignal.timeout(probeTimeout),
      });
      // A gateway that blocks a site often answers in its place. The site itself does not forbid its front page.
      return response.status === 403 || response.status === 407 ? `answered ${response.status}` : undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /**
   * Returns the text at `url`.
   * @throws Error with the address and the reason
   */
  async text(url: string): Promise<string> {
    const response = await this.#get(url, 30_000);
    return response.text();
  }

  /**
   * Downloads `url` to `file` and returns its SHA-256.
   * @param onBytes called with the bytes so far and the total, 0 when unknown
   * @throws Error with the address and the reason; the file then does not exist
   */
  async file(url: string, file: string, onBytes: (bytes: number, total: number) => void): Promise<string> {
    const response = await this.#get(url, 20 * 60_000);
    const total = Number(response.headers.get("content-length") ?? 0);
    const hash = createHash("sha256");
    let bytes = 0;
    if (response.body === null) throw new Error(`${url}: empty answer`);
    const body = Readable.fromWeb(response.body as never).on("data", (piece: Buffer) => {
      hash.update(piece);
      bytes += piece.length;
      onBytes(bytes, total);
    });
    try {
      await pipeline(body, fs.createWriteStream(file));
    } catch (error) {
      fs.rmSync(file, { force: true });
      throw new Error(`${url}: ${reasonOf(error)} after ${bytes} bytes`, { cause: error });
    }
    return hash.digest("hex");
  }

  async #get(url: string, timeout: number): Promise<Response> {
    try {
      const response = await this.fetcher(url, { signal: AbortSignal.timeout(timeout) });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      return response;
    } catch (error) {
      throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/**
 * Returns the sum of `file` in a checksum file. That is a bare sum, or has lines of a sum and a file name as from
 * sha256sum.
 * @returns undefined when the file is not listed
 */
export function findChecksum(text: string, file: string): string | undefined {
  const bare = /^\s*([0-9a-f]{64})\s*$/i.exec(text);
  if (bare?.[1] !== undefined) return bare[1].toLowerCase();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{64})\s+[ *]?(?:.*\/)?([^/\s]+)\s*$/i.exec(line);
    if (match?.[1] !== undefined && match[2] === file) return match[1].toLowerCase();
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const cause: unknown = error.cause;
  return cause instanceof Error ? cause.message : error.message;
}
