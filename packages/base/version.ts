/** Major, minor and patch of a version. */
export type Version = readonly [number, number, number];

/** The first `1.2.3` (or `1.2`) in a text such as `v1.2.3-rc1`, `Vagrant 2.3.4` or `go version go1.24 linux/amd64`. */
export function findVersion(text: string): Version | undefined {
  const match = /(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Below zero when `a` is older than `b`, zero when they are the same. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** True when `found` is at least `minimum` and, where given, older than `below`. False when one has no version. */
export function isWithin(found: string, minimum: string, below?: string): boolean {
  const version = findVersion(found);
  const least = findVersion(minimum);
  if (version === undefined || least === undefined || compareVersions(version, least) < 0) return false;
  const limit = below === undefined ? undefined : findVersion(below);
  return limit === undefined || compareVersions(version, limit) < 0;
}
