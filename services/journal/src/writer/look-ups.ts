import type { CommandReply } from '@shiplog/contracts';

type Find = (ids: readonly string[]) => Promise<ReadonlyMap<string, CommandReply>>;
type Then = (reply: CommandReply | undefined) => void;

/** Looks answers up in the log: all that are asked for in one turn, or while another look-up runs, in one query. */
export class LookUps {
  #asked = new Map<string, Then[]>();
  #isRunning = false;

  /** @param onError hears why a look-up failed; nobody is answered then, and senders ask again */
  constructor(
    private readonly find: Find,
    private readonly onError: (error: unknown) => void,
  ) {}

  ask(id: string, then: Then): void {
    const waiting = this.#asked.get(id);
    if (waiting === undefined) this.#asked.set(id, [then]);
    else waiting.push(then);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#asked.size > 0) {
      const asked = this.#asked;
      this.#asked = new Map();
      try {
        const found = await this.find([...asked.keys()]);
        for (const [id, waiting] of asked) for (const then of waiting) then(found.get(id));
      } catch (error) {
        this.onError(error);
      }
    }
    this.#isRunning = false;
  }
}
