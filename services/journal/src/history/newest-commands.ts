import type { Repositories } from '../database/repositories';

/** The ids of the newest commands of the log, held ready for the writer to come: what is new is added, the oldest go. */
export class NewestCommands {
  readonly #ids = new Set<string>();
  #last: string | undefined;

  /** @param limit of those that are held */
  constructor(
    private readonly log: Pick<Repositories, 'commands'>,
    private readonly limit: number,
  ) {}

  /** Reads those that have come since the last time; returns all that are held, oldest first. */
  async refresh(): Promise<readonly string[]> {
    const fresh = await this.log.commands.newest(this.limit, this.#last);
    for (const { id } of fresh) this.#ids.add(id);
    this.#last = fresh.at(-1)?.at ?? this.#last;
    for (const oldest of this.#ids) {
      if (this.#ids.size <= this.limit) break;
      this.#ids.delete(oldest);
    }
    return [...this.#ids];
  }
}
