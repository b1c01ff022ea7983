/** Shell text: the one place where a value becomes a word of a POSIX shell command. Pure. */

/**
 * Quotes a word for a POSIX shell, which reads back exactly these characters.
 * @throws RangeError for a NUL character, which no shell word can hold
 */
export function quote(word: string): string {
  if (word.includes("\0")) throw new RangeError("a shell word cannot contain a NUL character");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** A command line of quoted words. */
export function command(...words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** Returns the lines of an environment file (shell and systemd): KEY=value, in the given order. */
export function environmentFile(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(key)) throw new Error(`${key} is not the name of an environment variable`);
      if (!/^[A-Za-z0-9_@%+=:,./-]*$/.test(value))
        throw new Error(`${key}: ${JSON.stringify(value)} has characters that an environment file cannot hold`);
      return `${key}=${value}\n`;
    })
    .join("");
}

/** Returns an `export NAME=value` line for each variable, for `eval "$(...)"`; `unset NAME` where a value is undefined. */
export function exportLines(variables: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw new RangeError(`${name} is not a name of a shell variable; allowed are letters, digits and underscores`);
      }
      return value === undefined ? `unset ${name}\n` : `export ${name}=${quote(value)}\n`;
    })
    .join("");
}
