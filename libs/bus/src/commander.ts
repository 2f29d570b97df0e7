import { subjects, type AnyCommand, type CommandReply, type Principal } from '@shiplog/contracts';
import type { Msg, NatsConnection } from 'nats';
import { fromBytes, toBytes } from './json';
import { requestUntil } from './request';

interface Waiting {
  command: AnyCommand;
  text: string;
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
      if (this.#waiting.push({ command, text, deadline: Date.now() + timeoutMs, resolve, reject }) === 1) {
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
    let group: Waiting[] = [];
    let size = 0;
    for (const one of waiting) {
      if (group.length > 0 && (size + one.text.length * 2 > limit || group.length >= BATCH_LIMIT)) {
        void this.#send(group);
        group = [];
        size = 0;
      }
      group.push(one);
      size += one.text.length + 1;
    }
    void this.#send(group);
  }

  async #send(group: Waiting[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    this.#underWay++;
    try {
      const deadline = Math.max(...group.map((one) => one.deadline));
      if (group.length === 1) {
        const subject = subjects.command(first.command.type, this.principal);
        const answer = await requestUntil(this.connection, subject, Buffer.from(first.text), deadline, this.believes);
        first.resolve(fromBytes<CommandReply>(answer.data));
        return;
      }
      const payload = Buffer.from(`[${group.map((one) => one.text).join(',')}]`);
      const subject = subjects.command('Batch', this.principal);
      const answer = await requestUntil(this.connection, subject, payload, deadline, this.believes);
      const replies = fromBytes<CommandReply[]>(answer.data);
      group.forEach((one, i) => {
        const reply = replies[i];
        if (reply === undefined) one.reject(new Error('the journal answered fewer commands than were sent'));
        else one.resolve(reply);
      });
    } catch (error) {
      for (const one of group) one.reject(error);
    } finally {
      this.#underWay--;
      if (this.#gathering !== undefined) this.#flush();
    }
  }
}

/** The JSON of a command, for senders that publish it themselves. */
export function commandBytes(command: AnyCommand): Uint8Array {
  return toBytes(command);
}
