/** Formats of sizes, counts and names. */

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
