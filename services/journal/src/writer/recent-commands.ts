import type { CommandReply } from '@shiplog/contracts';
import type { LoggedCommand } from '../database/append';

/** What is known of a command that was decided before: its answer, or where the log tells it. */
export type Known =
  | { readonly kind: 'answered'; readonly reply: CommandReply }
  | { readonly kind: 'logged'; readonly command: LoggedCommand };

/** The last commands that were accepted, by id: bounded, the oldest go first. */
export class RecentCommands {
  readonly #known = new Map<string, Known>();
  #forgot: boolean;

  /**
   * @param logged the newest commands of the log, oldest first
   * @param isWhole whether those are all that the log has
   */
  constructor(
    private readonly limit: number,
    logged: readonly LoggedCommand[] = [],
    isWhole = true,
  ) {
    for (const command of logged) this.#known.set(command.id, { kind: 'logged', command });
    this.#forgot = !isWhole;
  }

  /** Whether an id that is not here may still be in the log. */
  get mayHaveForgotten(): boolean {
    return this.#forgot;
  }

  get(id: string): Known | undefined {
    return this.#known.get(id);
  }

  /** Remembers an accepted command's answer. */
  add(id: string, reply: CommandReply): void {
    this.#known.set(id, { kind: 'answered', reply });
    if (this.#known.size <= this.limit) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
    this.#forgot = true;
  }
}
