import * as z from "zod/mini";
import { messageOf } from "@inaetics/base";

/** Login that the stack's pages require. */
export interface HttpLogin {
  readonly user: string;
  readonly password: string;
}

export interface AskOptions {
  readonly login?: HttpLogin;
  /** GET unless another one is given. */
  readonly method?: "GET" | "PUT" | "POST";
  /** Sent as JSON. */
  readonly body?: object;
  /** Milliseconds in which the whole answer must come: 5 s unless given. */
  readonly timeout?: number;
}

const problemSchema = z.object({ detail: z.string() });

/**
 * Asks a page for JSON and checks it; an empty answer is undefined.
 * @throws Error with the address and the reason: no answer in time, a refusal (with its detail), another shape
 */
export async function askJson<T>(schema: z.ZodMiniType<T>, url: string, options: AskOptions = {}): Promise<T> {
  const answer = await ask(url, options);
  const read = z.safeParse(schema, answer);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new Error(`${url}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "the answer has an unexpected form"}`);
}

async function ask(url: string, { login, method = "GET", body, timeout = 5000 }: AskOptions): Promise<unknown> {
  const basic = (given: HttpLogin) => Buffer.from(`${given.user}:${given.password}`).toString("base64");
  const headers = {
    ...(login === undefined ? {} : { authorization: `Basic ${basic(login)}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method,
      headers,
      redirect: "error",
      signal: AbortSignal.timeout(timeout),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error, timeout)}`, { cause: error });
  }
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}${detailOf(text)}`);
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${url} answers no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown, timeout: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${timeout / 1000} s`;
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** Returns the detail of a problem+json; an empty text for any other answer. */
function detailOf(text: string): string {
  try {
    const { detail } = z.parse(problemSchema, JSON.parse(text));
    return `: ${detail}`;
  } catch {
    return "";
  }
}
