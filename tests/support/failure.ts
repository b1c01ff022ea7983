/** Failures that work is expected to end with. Proves nothing by itself. */
import { Failure } from "@inaetics/workstation";

/** Returns the Failure of `work`. Throws an Error when it succeeds, or ends with an error of another kind. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it succeeded, but a Failure was expected");
}
