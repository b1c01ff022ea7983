/**
 * Quotes one word so that a POSIX shell reads back exactly these characters.
 * @throws RangeError for a NUL character, which no shell word can hold
 */
export function quote(word: string): string {
  if (word.includes("\0")) throw new RangeError("a shell word cannot contain a NUL character");
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** One `export NAME=value` line per variable, for `eval "$(...)"`; a value of undefined gives `unset NAME`. */
export function exportLines(variables: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new RangeError(`${name} is not a name of a shell variable`);
      return value === undefined ? `unset ${name}\n` : `export ${name}=${quote(value)}\n`;
    })
    .join("");
}
