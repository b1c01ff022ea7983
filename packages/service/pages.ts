import type { FastifyInstance } from "fastify";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing from elsewhere, no inline script, no framing: what a page shows can only come from this server. */
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/**
 * Serves the files of a folder from memory: index.html as /, other pages without their .html, the rest by its name.
 * @param headers further headers of each answer
 */
export function servePages(
  server: FastifyInstance,
  folder: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  for (const name of fs.readdirSync(folder).sort()) {
    const type = types[path.extname(name)];
    if (type === undefined) continue;
    const content = fs.readFileSync(path.join(folder, name));
    const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
    server.get(addressOf(name), (request, reply) => {
      reply.headers({
        ...headers,
        etag,
        // The browser asks each time, and mostly gets an answer without content: a new version shows at once.
        "cache-control": "no-cache",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
      return reply.type(type).send(content);
    });
  }
}

function addressOf(name: string): string {
  if (name === "index.html") return "/";
  return `/${name.endsWith(".html") ? name.slice(0, -".html".length) : name}`;
}
