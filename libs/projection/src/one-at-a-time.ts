/** Work that never runs twice at once: wanted while it runs, it runs once more, for all who wanted it. */
export class OneAtATime {
  #running = false;
  #wanted = false;

  /** @param work must not reject */
  constructor(private readonly work: () => Promise<void>) {}

  want(): void {
    this.#wanted = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.work();
    }
    this.#running = false;
  }
}
