/** Releases in the registries' notation: `v1.37.2`, `26.10.0`, `17.0.21.1`. Pure. */

/** Returns the numbers of a release; undefined for a pre-release and for any other text. */
export function releaseNumbers(text: string): readonly number[] | undefined {
  const match = /^v?(\d+(?:\.\d+)*)(?:\+incompatible)?$/.exec(text);
  return match?.[1]?.split(".").map(Number);
}

/** True when `a` is a newer release than `b`; a text that is no release is never newer. */
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

/** Returns the newest release of a list, without a leading `v`; undefined when the list has none. */
export function newestRelease(versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => releaseNumbers(version) !== undefined)
    .map((version) => version.replace(/^v/, "").replace(/\+incompatible$/, ""))
    .reduce<string | undefined>((best, one) => (best === undefined || isNewer(one, best) ? one : best), undefined);
}

/** True when a release has the same minor version; for `17` this is any 17.x. */
export function isSameMinor(version: string, here: string): boolean {
  const numbers = releaseNumbers(version);
  const own = releaseNumbers(here)?.slice(0, 2) ?? [];
  return numbers !== undefined && own.every((number, i) => numbers[i] === number);
}
