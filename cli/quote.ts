import { quote } from "@inaetics/base";

/** One `export NAME=value` line per variable, for `eval "$(...)"`; a value of undefined gives `unset NAME`. */
export function exportLines(variables: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new RangeError(`${name} is not a name of a shell variable`);
      return value === undefined ? `unset ${name}\n` : `export ${name}=${quote(value)}\n`;
    })
    .join("");
}
