import type { CommandReply, KubeStatus } from '@shiplog/contracts';

/** What is known of a command that was answered before: the answer, or that the log has it. */
export type Known = { readonly kind: 'answered'; readonly reply: CommandReply } | { readonly kind: 'logged' };

export interface RecentLimits {
  readonly commands: number;
  readonly bytes: number;
}

/** What an entry takes beside its id and what the answer holds. */
const ENTRY_BYTES = 300;
const ITEM_BYTES = 100;

/** The part that stays when there is too much. */
const KEPT = 0.9;

const LOGGED: Known = { kind: 'logged' };
/** In the place of an answer that is only in the log. */
const ONLY_LOGGED = 'logged';
type Kept = CommandReply | typeof ONLY_LOGGED;

/** The last commands that were answered, by id: bounded by number and bytes, the oldest go first; all are in the log. */
export class RecentCommands {
  readonly #known = new Map<string, Kept>();
  #bytes = 0;
  #forgot: boolean;

  /**
   * @param logged ids of the newest commands of the log, oldest first
   * @param isWhole whether those are all that the log has
   */
  constructor(
    private readonly limits: RecentLimits,
    logged: readonly string[] = [],
    isWhole = true,
  ) {
    this.#forgot = !isWhole;
    for (const id of logged) this.#put(id, ONLY_LOGGED);
  }

  /** Whether an id that is not here may still be in the log. */
  get mayHaveForgotten(): boolean {
    return this.#forgot;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(id: string): Known | undefined {
    const kept = this.#known.get(id);
    if (kept === undefined) return undefined;
    return kept === ONLY_LOGGED ? LOGGED : { kind: 'answered', reply: kept };
  }

  /** Remembers an answer, but not the object that it showed: who repeats a command can read that. */
  add(id: string, reply: CommandReply): void {
    const kept = reply.ok && reply.object !== undefined ? { ...reply, object: undefined } : reply;
    this.#put(id, kept);
  }

  /** What the log no longer has. */
  forget(id: string): void {
    const kept = this.#known.get(id);
    if (kept === undefined) return;
    this.#bytes -= bytesOf(id, kept);
    this.#known.delete(id);
  }

  #put(id: string, kept: Kept): void {
    this.forget(id);
    this.#bytes += bytesOf(id, kept);
    this.#known.set(id, kept);
    if (this.#known.size > this.limits.commands || this.#bytes > this.limits.bytes) this.#forgetSome();
  }

  /** Some at once: each look for the oldest entry passes over the places of all that left since the map was made anew. */
  #forgetSome(): void {
    this.#forgot = true;
    for (const [oldest, kept] of this.#known) {
      if (this.#known.size <= KEPT * this.limits.commands && this.#bytes <= KEPT * this.limits.bytes) return;
      this.#known.delete(oldest);
      this.#bytes -= bytesOf(oldest, kept);
    }
  }
}

/** What an entry takes: always the same for the same. */
function bytesOf(id: string, kept: Kept): number {
  return id.length + (kept === ONLY_LOGGED ? ENTRY_BYTES : bytesOfReply(kept));
}

function bytesOfReply(reply: CommandReply): number {
  if (!reply.ok) return ENTRY_BYTES + 2 * statusLength(reply.status);
  const { results = [] } = reply;
  let bytes = ENTRY_BYTES + results.length * ITEM_BYTES;
  for (const item of results) if (!item.ok) bytes += 2 * statusLength(item.status);
  return bytes;
}

/** Of its texts, about: the causes of a refusal repeat in its message. */
function statusLength({ message = '', details }: KubeStatus): number {
  return ENTRY_BYTES + message.length * (details?.causes === undefined ? 1 : 3);
}
