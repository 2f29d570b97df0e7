import { subjects, type AnyCommand, type BatchReply, type CommandReply, type Principal } from '@shiplog/contracts';
import type { Msg, NatsConnection } from 'nats';
import { fromBytes, toBytes } from './json';
import { gatherUntil, requestUntil } from './request';

interface Waiting {
  command: AnyCommand;
  text: string;
  /** Of the text in UTF-8: what the server counts. */
  bytes: number;
  deadline: number;
  resolve: (reply: CommandReply) => void;
  reject: (error: unknown) => void;
}

/** Room for subject and headers below the server's max_payload. */
const PAYLOAD_MARGIN = 1024;
/** Commands in one Batch message, at most: keeps one sender from holding up the others' for long. */
const BATCH_LIMIT = 256;
/** Messages that may wait for their answers before the next commands are gathered: one is decided, one is committed. */
const UNDER_WAY = 2;
/** How long commands are gathered at most, in milliseconds: about what a commit takes. */
const GATHER_MS = 4;

/**
 * Sends commands: those of one tick travel in one message, because a message costs more than what is in it. While
 * two messages are under way the next ones could only share a later commit, so they are gathered until then: who
 * is alone waits for nothing, and many pay for few messages.
 */
export class Commander {
  #waiting: Waiting[] = [];
  #underWay = 0;
  #gathering: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly principal: Principal,
    private readonly believes: (answer: Msg) => boolean = () => true,
  ) {}

  /** Resolves with the journal's answer, also a refusal; rejects with BusUnavailable after the deadline. */
  send(command: AnyCommand, timeoutMs: number): Promise<CommandReply> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(command);
      const bytes = Buffer.byteLength(text);
      if (this.#waiting.push({ command, text, bytes, deadline: Date.now() + timeoutMs, resolve, reject }) === 1) {
        setImmediate(() => this.#flushUnlessBusy());
      }
    });
  }

  #flushUnlessBusy(): void {
    if (this.#underWay < UNDER_WAY) this.#flush();
    else this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    const limit = (this.connection.info?.max_payload ?? 1_048_576) - PAYLOAD_MARGIN;
    for (const group of inGroups(waiting, limit)) void this.#send(group);
  }

  async #send(group: Waiting[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const weight = takesLong(first) ? 0 : 1;
    this.#underWay += weight;
    try {
      const deadline = Math.max(...group.map((item) => item.deadline));
      if (group.length === 1) {
        const subject = subjects.command(first.command.type, this.principal);
        const answer = await requestUntil(this.connection, subject, Buffer.from(first.text), deadline, this.believes);
        first.resolve(fromBytes<CommandReply>(answer.data));
        return;
      }
      const payload = Buffer.from(`[${group.map((item) => item.text).join(',')}]`);
      const subject = subjects.command('Batch', this.principal);
      const open = new Map(group.entries());
      const take = (answer: Msg): boolean => settle(open, answer);
      await gatherUntil(this.connection, subject, payload, deadline, take, this.believes);
    } catch (error) {
      for (const item of group) item.reject(error);
    } finally {
      this.#underWay -= weight;
      if (this.#gathering !== undefined) this.#flush();
    }
  }
}

/** A deletion of many takes as many commits as it needs; who shared its message would wait for all of them. */
function takesLong({ command }: Waiting): boolean {
  return command.type === 'DeleteCollection';
}

/** As they were sent; one that is too large for a message is alone in it, and fails alone. */
function* inGroups(waiting: readonly Waiting[], limit: number): Iterable<Waiting[]> {
  let group: Waiting[] = [];
  let size = 0;
  let isAlone = false;
  for (const item of waiting) {
    const isFull = isAlone || takesLong(item) || size + item.bytes > limit || group.length >= BATCH_LIMIT;
    if (group.length > 0 && isFull) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(item);
    size += item.bytes + 1;
    isAlone = takesLong(item);
  }
  if (group.length > 0) yield group;
}

/** Hands those of a batch's replies that a message brings to who waits for them; whether nobody waits any more. */
function settle(open: Map<number, Waiting>, answer: Msg): boolean {
  try {
    const said = fromBytes<BatchReply | CommandReply>(answer.data);
    // Not even a batch, to the journal.
    if ('ok' in said) return settleAll(open, (item) => item.resolve(said));
    const { from, replies } = 'from' in said ? said : { from: 0, replies: said };
    replies.forEach((reply, i) => {
      open.get(from + i)?.resolve(reply);
      open.delete(from + i);
    });
    if ('from' in said) return open.size === 0;
    return settleAll(open, (item) => item.reject(new Error('the journal answered fewer commands than were sent')));
  } catch (error) {
    return settleAll(open, (item) => item.reject(error));
  }
}

function settleAll(open: Map<number, Waiting>, settle: (item: Waiting) => void): true {
  open.forEach(settle);
  open.clear();
  return true;
}

/** The JSON of a command, for senders that publish it themselves. */
export function commandBytes(command: AnyCommand): Uint8Array {
  return toBytes(command);
}
