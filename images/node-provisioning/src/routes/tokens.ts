import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { messageWithCause, type Log } from "@inaetics/base";
import { PROVISIONING_AUDIENCE } from "@inaetics/model";
import { parseJson } from "@inaetics/samples";
import { Problem, unavailable } from "@inaetics/service";

/** Owner of a token. */
export interface Caller {
  readonly pod: string;
  /** Name of the pod's service account. */
  readonly group: string;
}

const POD_NAME = "authentication.kubernetes.io/pod-name";
const REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews";
const FRESH_MS = 30_000;
/** Time in ms that a known caller stays accepted while the API server does not answer. */
const STALE_MS = 600_000;
const TIMEOUT_MS = 4000;
const MOST_KNOWN = 2000;
const MOST_ASKING = 100;

const reviewSchema = z.object({
  status: z.object({
    authenticated: z.optional(z.boolean()),
    audiences: z.optional(z.array(z.string())),
    error: z.optional(z.string()),
    user: z.optional(
      z.object({ username: z.optional(z.string()), extra: z.optional(z.record(z.string(), z.array(z.string()))) }),
    ),
  }),
});

/** Answer of the API server: the caller, or the reason of the refusal. */
type Verdict = Caller | { readonly refused: string };

/** Client of the API server. */
export interface Reviewer {
  post(path: string, body: object, timeoutMs: number): Promise<string>;
}

/** Identifies the caller of a bearer token by the API server's TokenReview. Answers are remembered for a while. */
export class Tokens {
  private readonly known = new Map<string, { readonly verdict: Verdict; readonly at: number }>();
  private readonly asking = new Map<string, Promise<Verdict>>();

  constructor(
    private readonly api: Reviewer,
    private readonly namespace: string,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  /** Throws a Problem: 401 for a missing or invalid token, 503 when it cannot be checked. */
  async caller(authorization: string | undefined): Promise<Caller> {
    const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw refused("send the pod's token: Authorization: Bearer <token>");
    const verdict = await this.verdict(token);
    if ("refused" in verdict) throw refused(verdict.refused);
    return verdict;
  }

  private async verdict(token: string): Promise<Verdict> {
    // Keeps digests: a table of tokens would be worth stealing.
    const key = createHash("sha256").update(token).digest("base64");
    const known = this.known.get(key);
    if (known !== undefined && this.now() - known.at < FRESH_MS) return known.verdict;
    try {
      const verdict = await this.ask(key, token);
      this.remember(key, verdict);
      return verdict;
    } catch (error) {
      const usable = known !== undefined && !("refused" in known.verdict) && this.now() - known.at < STALE_MS;
      if (usable) return known.verdict;
      if (error instanceof Problem) throw error;
      this.log.warn(`a token cannot be checked: ${messageWithCause(error)}`);
      throw unavailable("the token cannot be checked now: the API server does not answer; try again in a moment");
    }
  }

  private ask(key: string, token: string): Promise<Verdict> {
    const running = this.asking.get(key);
    if (running !== undefined) return running;
    if (this.asking.size >= MOST_ASKING) throw unavailable("too many tokens are being checked; try again in a moment");
    const asked = this.review(token).finally(() => this.asking.delete(key));
    this.asking.set(key, asked);
    return asked;
  }

  private async review(token: string): Promise<Verdict> {
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [PROVISIONING_AUDIENCE] },
    };
    const answer = parseJson(reviewSchema, await this.api.post(REVIEW, body, TIMEOUT_MS));
    if (!answer.ok) throw new Error(`the answer to a TokenReview cannot be read: ${answer.problem}`);
    const { authenticated, audiences, user } = answer.value.status;
    if (authenticated !== true || !(audiences ?? []).includes(PROVISIONING_AUDIENCE)) {
      return {
        refused: `the token is not for the audience ${PROVISIONING_AUDIENCE}; read the projected token again, because it rotates`,
      };
    }
    const prefix = `system:serviceaccount:${this.namespace}:`;
    const username = user?.username ?? "";
    const pod = user?.extra?.[POD_NAME]?.[0];
    if (!username.startsWith(prefix) || pod === undefined) {
      return { refused: `the token belongs to no pod in the namespace ${this.namespace}` };
    }
    return { pod, group: username.slice(prefix.length) };
  }

  private remember(key: string, verdict: Verdict): void {
    this.known.delete(key);
    this.known.set(key, { verdict, at: this.now() });
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KNOWN && oldest !== undefined) this.known.delete(oldest);
  }
}

function refused(detail: string): Problem {
  return new Problem(401, detail, { "www-authenticate": "Bearer" });
}
