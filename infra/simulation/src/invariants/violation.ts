/** Something that must hold did not. */
export class Violation extends Error {
  constructor(
    /** What must hold, in a few words: always the same for the same invariant. */
    readonly invariant: string,
    readonly detail: string,
  ) {
    super(`${invariant}: ${detail}`);
    this.name = 'Violation';
  }
}
