/** Chooses by a word of the command line. Pure. */
import { Failure } from "@inaetics/workstation";

/** Returns those of `all` that a word names: by the whole name, else by its beginning, else by a part. */
export function matching<T>(all: readonly T[], nameOf: (each: T) => string, word: string): readonly T[] {
  if (word === "") return [];
  const ways = [
    (name: string) => name === word,
    (name: string) => name.startsWith(word),
    (name: string) => name.includes(word),
  ];
  return ways.map((isNamed) => all.filter((each) => isNamed(nameOf(each)))).find((some) => some.length > 0) ?? [];
}

/**
 * Returns the one of `all` that a word names.
 * @param unknown error for a word that names none
 * @throws Failure that lists the matching names when there are several
 */
export function chooseOne<T>(all: readonly T[], nameOf: (each: T) => string, word: string, unknown: () => Failure): T {
  const matches = matching(all, nameOf, word);
  const [first, ...others] = matches;
  if (first === undefined) throw unknown();
  if (others.length === 0) return first;
  throw new Failure(`"${word}" matches several names:${listed(matches.map(nameOf))}`, "Type more of the name.");
}

/** Returns each name on an indented line of its own. */
export function listed(names: readonly string[]): string {
  return names.map((name) => `\n  ${name}`).join("");
}
