/// <reference lib="dom" />
/** HTTP interface of the server. */
import { Problem, problemOf, SessionApi } from "@inaetics/web";
import type { Artifact } from "./shapes";

export class Api extends SessionApi {
  /** `signedOut` is called when the server no longer accepts the session. */
  constructor(signedOut: () => void) {
    super("/client/session", signedOut);
  }

  /**
   * Uploads a file as a new artifact version; `progress` gets 0 to 1. (fetch does not report the progress of an
   * upload.)
   */
  async upload(file: Blob, progress: (done: number) => void): Promise<Artifact> {
    return this.guarded(
      () =>
        new Promise<Artifact>((resolve, reject) => {
          const request = new XMLHttpRequest();
          request.open("POST", "/client/artifacts");
          request.setRequestHeader("content-type", "application/octet-stream");
          request.setRequestHeader("x-csrf-token", this.csrfToken);
          request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0);
          request.onload = () => {
            if (request.status < 300) resolve(JSON.parse(request.responseText) as Artifact);
            else reject(problemOf(request.status, request.responseText, request.getResponseHeader("retry-after")));
          };
          request.onerror = () =>
            reject(new Problem(0, "the connection broke before the server stored the file; upload it again"));
          request.send(file);
        }),
    );
  }
}

/** Address of nested objects. Each name is one segment, even if it contains a slash. */
export function address(...names: readonly string[]): string {
  return `/client/${names.map(encodeURIComponent).join("/")}`;
}
