import type * as z from "zod/mini";

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Type of the values that a schema accepts. Nothing in them can be changed. */
export type ReadonlyOf<T extends z.ZodMiniType> = DeepReadonly<z.infer<T>>;
