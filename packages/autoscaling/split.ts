/** A number of processors of each kind. */
export interface Kinds {
  readonly felix: number;
  readonly celix: number;
}

/**
 * Splits a total between the kinds. Felix gets the odd one, so that the kinds alternate on the way up (F, C, F, C) and
 * down. Source: the original's replica setter.
 */
export function split(total: number): Kinds {
  return { felix: Math.ceil(total / 2), celix: Math.floor(total / 2) };
}

export function total(kinds: Kinds): number {
  return kinds.felix + kinds.celix;
}
