/** Manifests of jars: lines `Name: value` of at most 72 bytes, in sections that empty lines divide. Pure. */

export type Section = readonly (readonly [name: string, value: string])[];

/** Longest line without its break, which counts as two bytes as in the JDK. */
const LONGEST_LINE = 70;

/** The text of a section with the empty line after it. */
export function formatSection(section: Section): string {
  return `${section.map(([name, value]) => folded(`${name}: ${value}`)).join("")}\r\n`;
}

/** Continuation lines begin with a blank. Our texts are ASCII, so a character is a byte. */
function folded(line: string): string {
  const first = line.slice(0, LONGEST_LINE);
  const rest = line.slice(LONGEST_LINE).match(new RegExp(`.{1,${LONGEST_LINE - 1}}`, "g")) ?? [];
  return `${[first, ...rest].join("\r\n ")}\r\n`;
}

/** Headers of a manifest's main section by their lower-case names, because case does not matter. */
export function parseMainSection(text: string): ReadonlyMap<string, string> {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const end = lines.indexOf("");
  const headers = new Map<string, string>();
  let last = "";
  for (const line of end === -1 ? lines : lines.slice(0, end)) {
    if (line.startsWith(" ")) {
      headers.set(last, (headers.get(last) ?? "") + line.slice(1));
      continue;
    }
    const at = line.indexOf(":");
    last = line.slice(0, Math.max(at, 0)).toLowerCase();
    headers.set(last, line.slice(at + 1).trimStart());
  }
  return headers;
}
