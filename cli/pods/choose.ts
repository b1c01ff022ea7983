/** Returns those of `all` that a word names: by the whole name, else by its beginning, else by a part. Pure. */
export function matching<T>(all: readonly T[], nameOf: (each: T) => string, word: string): readonly T[] {
  if (word === "") return [];
  const ways = [
    (name: string) => name === word,
    (name: string) => name.startsWith(word),
    (name: string) => name.includes(word),
  ];
  return ways.map((isNamed) => all.filter((each) => isNamed(nameOf(each)))).find((some) => some.length > 0) ?? [];
}
