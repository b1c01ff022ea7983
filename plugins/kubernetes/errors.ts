/** What can go wrong between the plugin and the API server. */
import { list, text } from "./objects";
import { Properties } from "../lib";

/** The API server answered with a failure; `status` is its Status object. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly status: Properties,
    request: string,
  ) {
    super(text(status, "message") || `${request} was answered with ${code}`);
  }

  /** The machine-readable reason, e.g. "NotFound", "AlreadyExists", "Conflict". */
  get reason(): string {
    return text(this.status, "reason");
  }

  /** The fields and managers of a server-side apply that was refused. */
  get conflicts(): readonly { field: string; message: string }[] {
    return list(this.status, "details", "causes")
      .filter((cause) => text(cause, "reason") === "FieldManagerConflict")
      .map((cause) => ({ field: text(cause, "field"), message: text(cause, "message") }));
  }
}

/** No usable answer: nothing listens, the host is gone, or the certificates do not fit. */
export class Unreachable extends Error {
  constructor(
    readonly server: string,
    override readonly cause: Error,
  ) {
    super(`configured Kubernetes cluster is unreachable: ${server}: ${explain(cause)}`);
  }
}

/** Somebody else's object, or one of an interrupted run, has the name already. */
export class AlreadyExists extends Error {}

/** The cluster does not have such a kind (any more, or yet). */
export class NoSuchKind extends Error {
  constructor(apiVersion: string, kind: string) {
    super(
      `the Kubernetes API server does not have the kind ${kind} of apiVersion ${apiVersion}; ` +
        "verify both, and that any required CustomResourceDefinition has been created (dependsOn)",
    );
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

/** Gone, or it can only be gone because its kind is. */
export function isGone(error: unknown): boolean {
  return isNotFound(error) || error instanceof NoSuchKind;
}

export function codeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : "";
}

function explain(error: Error): string {
  const code = codeOf(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO|DEPTH_ZERO/.test(code)) {
    return `its certificate does not fit the kubeconfig's certificate-authority: ${error.message}`;
  }
  if (code === "ECONNREFUSED") return `connection refused; is the API server running? (${error.message})`;
  return error.message || code;
}
