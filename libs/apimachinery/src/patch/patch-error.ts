/** The patch itself is at fault; the message goes to the client. */
export class PatchError extends Error {
  /**
   * `malformed`: can't be read (400). `inapplicable`: well-formed, but not for this object (422). `too large`: it costs more
   * than a patch may (413).
   */
  constructor(
    readonly fault: 'malformed' | 'inapplicable' | 'too large',
    message: string,
  ) {
    super(message);
  }
}

/** What a patch tests is not so. */
export class TestFailed extends PatchError {
  constructor(message: string) {
    super('inapplicable', message);
  }
}
