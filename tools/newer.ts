/** Compares the versions in the lock file with those in the registries. Pure. */
import { Supported } from "./part";
import { isNewer, isSameMinor, newestRelease } from "./release";
import { supportRemark } from "./support";

/** Answer of a registry: all its versions, or the reason for a missing answer. */
export type Answer = { readonly versions: readonly string[] } | { readonly problem: string };

/** One line of the table; "-" when no registry was asked, "?" when no answer came. */
export interface Row {
  readonly part: string;
  readonly here: string;
  readonly newestOfMinor: string;
  readonly newest: string;
  readonly supportedUntil: string;
  readonly remark: string;
}

export const heading: Row = {
  part: "part",
  here: "here",
  newestOfMinor: "newest of the same minor",
  newest: "newest",
  supportedUntil: "supported until",
  remark: "remark",
};

/** Compares one entry. @param answer undefined for a part that no registry has, such as Debian itself */
export function compare(entry: Supported, answer: Answer | undefined, today: string): Row {
  const { name, version, supportedUntil } = entry;
  const row = { part: name, here: version, supportedUntil };
  if (answer === undefined || "problem" in answer) {
    const unknown = answer === undefined ? "-" : "?";
    const problem = answer === undefined ? undefined : `not known: ${answer.problem}`;
    return {
      ...row,
      newestOfMinor: unknown,
      newest: unknown,
      remark: joined(supportRemark(supportedUntil, today), problem),
    };
  }
  // Includes the lock file's version, because a registry without it must not make an older one the newest.
  const versions = [version, ...answer.versions];
  const newest = newestRelease(versions) ?? version;
  const newestOfMinor = newestRelease(versions.filter((one) => isSameMinor(one, version))) ?? version;
  const isWhole = version.split(".").length === 3;
  const update = isWhole && isNewer(newestOfMinor, version) ? `update to ${newestOfMinor}` : undefined;
  return { ...row, newestOfMinor, newest, remark: joined(supportRemark(supportedUntil, today, newest), update) };
}

function joined(...remarks: readonly (string | undefined)[]): string {
  return remarks.filter((remark) => remark !== undefined).join("; ");
}

/** Returns the cells of a row, in the order of the heading. */
export function cells(row: Row): readonly string[] {
  return [row.part, row.here, row.newestOfMinor, row.newest, row.supportedUntil, row.remark];
}
