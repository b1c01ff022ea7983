import type { Recovery } from "../../cli/faults/catalogue";

/** Returns a Markdown table: a row for each part with the distribution of its seconds; null never recovered. Pure. */
export function report(
  found: ReadonlyMap<Recovery, readonly (number | null)[]>,
  limits: Readonly<Record<Recovery, number>>,
): string {
  const rows = [...found].map(([part, values]) => {
    const sorted = values.filter((each) => each !== null).sort((a, b) => a - b);
    const at = (share: number) =>
      sorted.length === 0
        ? "-"
        : (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
    const within = sorted.filter((each) => each <= limits[part]).length;
    const cells = [part, limits[part], values.length, at(0), at(0.5), at(0.9), at(1), `${within} of ${values.length}`];
    return `| ${cells.join(" | ")} |`;
  });
  const head = [
    "| part | limit, s | runs | least | median | p90 | most | within the limit |",
    "| - | - | - | - | - | - | - | - |",
  ];
  return [...head, ...rows].join("\n");
}
