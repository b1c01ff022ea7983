/** Finds the module of a program in its go.mod. Pure. */

export interface Requirement {
  readonly module: string;
  readonly version: string;
}

/** Returns the direct requirements of a go.mod, in their order. */
export function directRequirements(goMod: string): readonly Requirement[] {
  return goMod.split("\n").flatMap((line) => {
    const match = /^(?:require\s+|\s+)(\S+)\s+(v\S+)\s*$/.exec(line);
    const [, module, version] = match ?? [];
    return module === undefined || version === undefined ? [] : [{ module, version }];
  });
}

/**
 * Returns the requirement whose path the packages begin with. A package of this project (`.`) may need several modules.
 * Then the one with the tool's version is taken (the last of several), or the only one.
 * @throws Error when none is found
 */
export function mainRequirement(goMod: string, packages: string | readonly string[], version: string): Requirement {
  const direct = directRequirements(goMod);
  const [first = "."] = [packages].flat();
  const found =
    first === "."
      ? (direct.filter((one) => one.version === `v${version}`).pop() ?? only(direct))
      : owner(direct, first);
  if (found !== undefined) return found;
  const listed = direct.map((one) => `${one.module} ${one.version}`).join(", ");
  throw new Error(
    `go.mod has no direct requirement for package ${first} in version ${version}; it has ${listed || "none"}. Run: go get MODULE@VERSION`,
  );
}

/** Returns the owner of a package; the longest path wins: `example.org/a/b` before `example.org/a`. */
function owner(direct: readonly Requirement[], name: string): Requirement | undefined {
  const owners = direct.filter(({ module }) => name === module || name.startsWith(`${module}/`));
  return owners.sort((a, b) => b.module.length - a.module.length)[0];
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}
