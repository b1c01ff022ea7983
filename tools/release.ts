/** Releases as registries name them: `v1.37.2`, `26.10.0`, `17.0.21.1`. Pure. */

/** The numbers of a release; undefined for a pre-release and for whatever else is no plain release. */
export function releaseNumbers(text: string): readonly number[] | undefined {
  const match = /^v?(\d+(?:\.\d+)*)(?:\+incompatible)?$/.exec(text);
  return match?.[1]?.split(".").map(Number);
}

/** Whether `a` is a newer release than `b`; what is no release is never newer. */
export function isNewer(a: string, b: string): boolean {
  const left = releaseNumbers(a);
  const right = releaseNumbers(b) ?? [];
  if (left === undefined) return false;
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** The newest release of a list, without a leading `v`; undefined when it has none. */
export function newestRelease(versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => releaseNumbers(version) !== undefined)
    .map((version) => version.replace(/^v/, "").replace(/\+incompatible$/, ""))
    .reduce<string | undefined>((best, one) => (best === undefined || isNewer(one, best) ? one : best), undefined);
}

/** Whether a release is of the same minor version; of `17` every 17.x is. */
export function isSameMinor(version: string, here: string): boolean {
  const numbers = releaseNumbers(version);
  const own = releaseNumbers(here)?.slice(0, 2) ?? [];
  return numbers !== undefined && own.every((number, i) => numbers[i] === number);
}
