/** The rules of a `.dockerignore` file. */

interface Rule {
  readonly keep: boolean;
  readonly expression: RegExp;
}

/** True when a path relative to the context, with slashes, is excluded. */
export interface Ignore {
  (relative: string): boolean;
  /** True when files below an excluded folder may be included again, so that the folder must be searched. */
  readonly hasExceptions: boolean;
}

/** @param text of a .dockerignore file: a pattern a line, `#` comments, `!` includes again, the last match decides */
export function ignoreRules(text: string): Ignore {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(rule)
    .filter((found): found is Rule => found !== undefined);
  const ignored = (relative: string) => {
    let out = false;
    for (const { keep, expression } of rules) if (expression.test(relative)) out = !keep;
    return out;
  };
  return Object.assign(ignored, { hasExceptions: rules.some(({ keep }) => keep) });
}

function rule(line: string): Rule | undefined {
  const keep = line.startsWith("!");
  const pattern = (keep ? line.slice(1).trim() : line).replace(/^\.?\/+/, "").replace(/\/+$/, "");
  if (pattern === "" || pattern === ".") return undefined;
  // A pattern that matches a folder applies to everything in it.
  return { keep, expression: new RegExp(`^${source(pattern)}(?:/.*)?$`, "s") };
}

/** Translates Go's filepath.Match, with `**` for any number of folders. */
function source(pattern: string): string {
  return pattern.replace(/\*\*\/|\*\*|\*|\?|\\.|\[\^?[^\]]+\]|[.+^${}()|[\]\\]/gs, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 2 && part.startsWith("[")) return part;
    return `\\${part.slice(-1)}`;
  });
}
