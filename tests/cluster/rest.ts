/** HTTP client for the cluster's services with the stack's login, as in a user's script. Proves nothing by itself. */
import { basicLogin } from "../support/http";
import type { TestCluster } from "../support/cluster/testcluster";

/** An answer with its body as text. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class Rest {
  constructor(
    readonly url: string,
    /** Header of HTTP Basic; empty for requests without a login. */
    protected readonly authorization: string,
  ) {}

  static async login(cluster: TestCluster): Promise<string> {
    const { dashboardUser, dashboardPassword } = await cluster.dashboardLogin();
    return basicLogin(dashboardUser, dashboardPassword);
  }

  async ask(method: string, path: string, body?: object | Uint8Array): Promise<Answer> {
    const binary = body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.authorization === "" ? {} : { authorization: this.authorization }),
        ...(body === undefined ? {} : { "content-type": binary ? "application/octet-stream" : "application/json" }),
      },
      ...(body === undefined ? {} : { body: binary ? Buffer.from(body) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: response.status, body: await response.text() };
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.ask("GET", path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }
}
