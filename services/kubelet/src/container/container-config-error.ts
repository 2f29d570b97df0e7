/** A container can't be configured as its pod asks: a waiting reason, with the sentence that says why. */
export class ContainerConfigError extends Error {
  constructor(
    message: string,
    readonly reason = 'CreateContainerConfigError',
  ) {
    super(message);
    this.name = 'ContainerConfigError';
  }
}
