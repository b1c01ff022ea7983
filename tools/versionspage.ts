/** Makes the text of docs/versions.md. Pure. */
import { Requirement } from "./gomod";
import { Tool } from "./lock";
import { Part, Supported } from "./part";
import { describeSource, sourceOfPart, sourceOfTool } from "./sources";

const head = ["part", "version", "where it comes from", "licence", "end of support", "publisher's rule"];

/** Returns the page. @param requirements the Go module of each tool that is built from one, by the tool's name */
export function versionsPage(
  tools: readonly Tool[],
  parts: readonly Part[],
  requirements: ReadonlyMap<string, Requirement>,
): string {
  const programs = tools.map((tool) => {
    const source = sourceOfTool(tool, requirements.get(tool.name));
    return row(tool, `official download, or ${source.kind === "go" ? "built from " : ""}${describeSource(source)}`);
  });
  const others = parts.map((part) => row(part, describeSource(sourceOfPart(part))));
  return `# Versions

Made from [tools/lock.yaml](../tools/lock.yaml) by \`tools/versions\`: change that file and run it again. What is newer by now:
\`tools/outdated\`. What is soon without support: \`./cluster doctor\`.

## Programs

The download is tried first; where it cannot be reached, the program is made from what stands after it.

${markdownTable([head, ...programs])}

## System and libraries

${markdownTable([head, ...others])}
`;
}

function row(entry: Supported, source: string): readonly string[] {
  const end = entry.supportedUntil.replace(/^release (.*)$/, "when $1 is out");
  return [entry.name, entry.version, source, entry.license, end, entry.policy];
}

/** Returns a table with columns padded to one width, as the project's formatter requires. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...rows.map((cells) => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [first = [], ...rest] = rows;
  return [line(first), rule, ...rest.map(line)].join("\n");
}
