/** Formats of sizes, counts, names and versions. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** Size of a file in decimal units. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${whole.format(bytes)} B`;
  if (bytes < 1_000_000) return `${tenth.format(bytes / 1000)} kB`;
  return `${tenth.format(bytes / 1_000_000)} MB`;
}

/** `1 feature`, `2 features`, `no features`. */
export function plural(count: number, noun: string): string {
  if (count === 0) return `no ${noun}s`;
  return `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Name of the framework of a platform. */
export function platformName(platform: string | null | undefined): string {
  if (platform === "osgi") return "Felix";
  return platform === "celix" ? "Celix" : "any platform";
}

/** Splits a dotted name, or one that begins with its group's, into the shared part and its own part. */
export function splitName(name: string, group?: string): readonly [family: string, own: string] {
  if (group !== undefined && name.startsWith(`${group}-`)) return [`${group}-`, name.slice(group.length + 1)];
  const end = name.lastIndexOf(".") + 1;
  return end > 1 && end < name.length ? [name.slice(0, end), name.slice(end)] : ["", name];
}

/** Compares versions as OSGi does: three numbers, then the qualifier as text. */
export function compareVersions(one: string, other: string): number {
  const left = one.split(".");
  const right = other.split(".");
  for (let part = 0; part < 3; part++) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  const [a, b] = [left.slice(3).join("."), right.slice(3).join(".")];
  return a < b ? -1 : Number(a > b);
}
