import { statusOf } from '@shiplog/apimachinery';
import type { AnyCommand, CommandReply, KubeStatus } from '@shiplog/contracts';

/** Of `{"from":…,"replies":[…]}`, beside the replies. */
export const FRAME = 64;
/** Items that an answer tells of one by one, at most; beyond, the sum must do. */
const RESULTS_LIMIT = 5_000;
/** Characters of a refusal's message that is shortened, at most. */
const MESSAGE_LENGTH = 1_000;

/**
 * The JSON of a reply, in at most `limit` bytes. What happened is answered as what happened, without the object or the
 * items where they would not fit; a dry run, which is nothing but its answer, is refused then.
 */
export function fittingText(command: AnyCommand, reply: CommandReply, limit: number): string {
  const text = JSON.stringify(withFewItems(reply));
  if (fits(text, limit)) return text;
  if (!reply.ok) return JSON.stringify({ ok: false, status: shortened(reply.status) } satisfies CommandReply);
  if ('dryRun' in command.data && command.data.dryRun === true) {
    const status = statusOf.tooLarge(`what it would make is more than one message of ${limit} bytes may hold`);
    return JSON.stringify({ ok: false, status } satisfies CommandReply);
  }
  const { position, key, uid, events } = reply;
  return JSON.stringify({ ok: true, position, key, uid, events } satisfies CommandReply);
}

function withFewItems(reply: CommandReply): CommandReply {
  if (!reply.ok || reply.results === undefined || reply.results.length <= RESULTS_LIMIT) return reply;
  return { ...reply, results: undefined };
}

function shortened({ details: _, message = '', ...status }: KubeStatus): KubeStatus {
  return { ...status, message: `${message.slice(0, MESSAGE_LENGTH)}…` };
}

/** No character is more than three bytes of UTF-8: short texts need not be measured. */
function fits(text: string, limit: number): boolean {
  return text.length * 3 <= limit || Buffer.byteLength(text) <= limit;
}

/**
 * Gathers the replies to a batch and says them in their order, in as few messages as hold them: in one, a list, where they
 * fit; else each with the index of its first. One that takes long is left out of that, and has a message of its own.
 */
export class BatchAnswer {
  readonly #texts = new Map<number, string>();
  readonly #late = new Set<number>();
  #next = 0;
  #from = 0;
  #part: string[] = [];
  #bytes = 0;
  #isInParts = false;

  /**
   * @param count of the batch's commands
   * @param limit bytes in a message; no single reply may be larger
   */
  constructor(
    private readonly count: number,
    private readonly limit: number,
    private readonly say: (json: string) => void,
  ) {
    if (count === 0) say('[]');
  }

  add(index: number, text: string): void {
    if (this.#late.has(index)) return this.say(partOf(index, [text]));
    this.#texts.set(index, text);
    this.#goOn();
  }

  /** A reply will take long: the others do not wait for it. */
  waits(index: number): void {
    if (this.#next > index || this.#late.has(index)) return;
    this.#late.add(index);
    this.#isInParts = true;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#next >= this.count) return;
    for (; this.#next < this.count; this.#next++) {
      const next = this.#texts.get(this.#next);
      if (next !== undefined) this.#take(next);
      else if (this.#late.has(this.#next)) this.#pass();
      else return;
    }
    if (this.#isInParts) this.#sayPart();
    else this.say(`[${this.#part.join(',')}]`);
  }

  #take(text: string): void {
    this.#texts.delete(this.#next);
    const bytes = Buffer.byteLength(text) + 1;
    if (this.#part.length > 0 && this.#bytes + bytes + FRAME > this.limit) {
      this.#isInParts = true;
      this.#sayPart();
    }
    this.#part.push(text);
    this.#bytes += bytes;
  }

  #pass(): void {
    this.#sayPart();
    this.#from = this.#next + 1;
  }

  #sayPart(): void {
    if (this.#part.length > 0) this.say(partOf(this.#from, this.#part));
    this.#from = this.#next;
    this.#part = [];
    this.#bytes = 0;
  }
}

function partOf(from: number, replies: readonly string[]): string {
  return `{"from":${from},"replies":[${replies.join(',')}]}`;
}
