import { Controller, Inject } from '@nestjs/common';
import { Command, type Bus, type Received } from '@shiplog/bus';
import {
  Batch,
  commandProblem,
  COMMANDS,
  type AnyCommand,
  type CommandReply,
  type Principal,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { BUS } from '@shiplog/service';
import { ActiveLog } from '../leader/active-log';
import type { Submission } from '../writer/batch';
import { BatchAnswer, fittingText, FRAME } from './batch-answer';

/** Room for a reply's headers below the server's max_payload. */
const HEADER_ROOM = 1_024;

/** Hands commands to the writer, in order: all messages of one read from the socket are decided in one go. */
@Controller()
export class CommandController {
  constructor(
    private readonly log: ActiveLog,
    @Inject(BUS) private readonly bus: Bus,
  ) {}

  @Command([...COMMANDS, Batch], { batch: true, whileLeading: true })
  decide(messages: readonly Received[]): void {
    this.log.writer.submit(messages.flatMap((received) => this.#submissions(received)));
  }

  #submissions(received: Received): Submission[] {
    const { principal } = received.message;
    if (principal === undefined) return [];
    const { message, payload } = received;
    if (received.declaration === Batch) return this.#several(received, principal);
    const command = payload as AnyCommand;
    const answer = (reply: CommandReply): void => this.#answer(received, fittingText(command, reply, this.#limit));
    return [{ command, principal, bytes: message.data.length, answer }];
  }

  /** The replies go out when the last of the batch's commands is answered, or when they fill a message. */
  #several(received: Received, principal: Principal): Submission[] {
    const items = received.payload as readonly unknown[];
    const limit = this.#limit - FRAME;
    const bytes = received.message.data.length / items.length;
    const answer = new BatchAnswer(items.length, this.#limit, (json) => this.#answer(received, json));
    return items.flatMap((item, index): Submission[] => {
      const problem = commandProblem(item);
      const command = item as AnyCommand;
      if (problem === undefined)
        return [
          {
            command,
            principal,
            bytes,
            answer: (reply) => answer.add(index, fittingText(command, reply, limit)),
            waits: () => answer.waits(index),
          },
        ];
      const status = statusOf.badRequest(`invalid command: ${problem}`);
      answer.add(index, fittingText(command, { ok: false, status }, limit));
      return [];
    });
  }

  get #limit(): number {
    return (this.bus.connection.info?.max_payload ?? 1_048_576) - HEADER_ROOM;
  }

  /** The commit stands whatever becomes of its answer: the sender asks again, with the same id. */
  #answer({ message }: Received, json: string): void {
    try {
      message.respondJson(json);
    } catch (error) {
      this.bus.onError(error, message.subject);
    }
  }
}
