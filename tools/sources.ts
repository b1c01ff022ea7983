/** Sources of the lock file's parts, besides their publishers' downloads. Pure. */
import { Requirement } from "./gomod";
import { Tool } from "./lock";
import { Part } from "./part";

export type Source =
  | { readonly kind: "go"; readonly module: string; readonly version: string }
  | { readonly kind: "npm"; readonly package: string }
  | { readonly kind: "maven"; readonly artifact: string }
  | { readonly kind: "debian"; readonly release: string; readonly package?: string };

/** Returns a tool's source. @param requirement the Go module that the tool is built from, if it has one */
export function sourceOfTool(tool: Tool, requirement: Requirement | undefined): Source {
  if (requirement !== undefined) return { kind: "go", ...requirement };
  return { kind: "npm", package: tool.npm?.package ?? tool.name };
}

export function sourceOfPart({ from }: Part): Source {
  if ("npm" in from) return { kind: "npm", package: from.npm };
  if ("maven" in from) return { kind: "maven", artifact: from.maven };
  return { kind: "debian", release: from.debian, package: from.package };
}

/** `npm package etcd3`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case "go":
      return `Go module ${source.module} ${source.version}`;
    case "npm":
      return `npm package ${source.package}`;
    case "maven":
      return `Maven artifact ${source.artifact}`;
    case "debian":
      return `Debian ${source.release}${source.package === undefined ? "" : `, package ${source.package}`}`;
  }
}
