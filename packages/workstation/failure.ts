/** An error whose message is meant for the person at the terminal: shown without a stack trace, with its cure below. */
export class Failure extends Error {
  /**
   * @param message what was wrong, with the value that was given and what is allowed
   * @param cure what to do about it; a command that can be pasted where there is one
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

/** Ended by Ctrl-C or a signal, after an orderly stop of all running work. It is no error; the exit code is 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
