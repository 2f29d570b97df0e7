/** A step cannot go on, for a reason that the user can do something about. */
export class LauncherFailure extends Error {
  /**
   * @param sentence what is wrong, and why
   * @param fix the one line (usually a command) that would put it right
   */
  constructor(
    sentence: string,
    readonly fix: string,
  ) {
    super(sentence);
    this.name = 'LauncherFailure';
  }
}

/** The sentence of any thrown value, for a place where only a line fits. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
