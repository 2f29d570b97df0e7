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
import { statusOf } from '@shiplog/machinery';
import { BUS } from '@shiplog/service';
import { ActiveLog } from '../reign/active-log';
import type { Submission } from '../writer/batch';

/** Items that an answer tells of one by one, at most; beyond, it would not fit into a message, and the sum must do. */
const RESULTS_LIMIT = 5_000;

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
    return received.declaration === Batch
      ? this.#several(received, principal)
      : [
          {
            command: received.payload as AnyCommand,
            principal,
            answer: (reply) => this.#answer(received, fitting(reply)),
          },
        ];
  }

  /** The reply goes out when the last of the batch's commands is answered. */
  #several(received: Received, principal: Principal): Submission[] {
    const items = received.payload as readonly unknown[];
    const replies = new Array<CommandReply>(items.length);
    let open = items.length;
    const settle = (index: number, reply: CommandReply): void => {
      replies[index] = reply;
      if (--open === 0) this.#answer(received, replies);
    };
    if (open === 0) this.#answer(received, replies);
    return items.flatMap((item, index): Submission[] => {
      const problem = commandProblem(item);
      if (problem === undefined)
        return [{ command: item as AnyCommand, principal, answer: (reply) => settle(index, fitting(reply)) }];
      settle(index, { ok: false, status: statusOf.badRequest(`invalid command: ${problem}`) });
      return [];
    });
  }

  /** The commit stands whatever becomes of its answer: the sender asks again, with the same id. */
  #answer({ message }: Received, reply: unknown): void {
    try {
      message.respond(reply);
    } catch (error) {
      this.bus.onError(error, message.subject);
    }
  }
}

function fitting(reply: CommandReply): CommandReply {
  if (!reply.ok || reply.results === undefined || reply.results.length <= RESULTS_LIMIT) return reply;
  return { ...reply, results: undefined };
}
