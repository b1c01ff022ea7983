/** An error for the user at the terminal: shown without a stack trace, with its cure below. */
export class Failure extends Error {
  /**
   * @param message the problem, with the given value and the allowed values
   * @param cure the user's next step; a command that can be pasted, if one exists
   */
  constructor(
    message: string,
    readonly cure?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "Failure";
  }
}

/** Ended by Ctrl-C or a signal, after an orderly stop of all running work. It is not an error; the exit code is 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
