/** Returns the reason why an attempt failed; undefined when it succeeded. */
export async function refusal(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? [cause.message, "code" in cause ? cause.code : ""].join(" ") : String(cause);
  }
}
