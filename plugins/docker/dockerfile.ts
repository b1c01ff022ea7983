/** Checks a Dockerfile quickly, so that a mistake is reported before anything is built or sent. */

const instructions: ReadonlySet<string> = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);

/** Returns the Dockerfile's first problem with its line; undefined for none (the daemon checks more closely). */
export function dockerfileProblem(text: string): string | undefined {
  // Here-documents and another escape character need the real parser.
  if (/<<-?\s*["']?\w/.test(text) || /^#\s*escape\s*=\s*`/im.test(text)) return undefined;
  let continued = false;
  let first = true;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    if (!continued) {
      const word = (/^\s*(\S+)/.exec(line)?.[1] ?? "").toUpperCase();
      if (!instructions.has(word)) return `line ${index + 1}: unknown instruction "${word}"`;
      if (first && word !== "FROM" && word !== "ARG") return `line ${index + 1}: ${word} before the first FROM`;
      first = first && word === "ARG";
    }
    continued = /\\\s*$/.test(line);
  }
  return first ? "it has no FROM" : undefined;
}
