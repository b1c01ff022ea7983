/** Compares versions of bundles as OSGi does: three numbers, then the qualifier as text. Below 0 when `a` is older. */
export function compareBundleVersions(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let part = 0; part < 3; part++) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  const [one, other] = [left[3] ?? "", right[3] ?? ""];
  return one < other ? -1 : Number(one > other);
}
