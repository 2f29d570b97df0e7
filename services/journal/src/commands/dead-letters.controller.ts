import { Controller, UseGuards } from '@nestjs/common';
import { Query } from '@shiplog/bus';
import {
  StatusError,
  DeadLettersQuery,
  principalName,
  principalOfSubject,
  RepeatDeadLetterQuery,
  type CommandReply,
  type PayloadOf,
  type ReplyOf,
} from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { DeadLetterRepository, type DeadLetter } from '../database/dead-letter.repository';
import { QueryRights } from '../queries/query-rights';
import { ActiveLog } from '../leader/active-log';
import { isDecision } from './command-stream';
import { readStored } from './stored-command';

const WHILE_LEADING = { whileLeading: true };

type Repeated = ReplyOf<typeof RepeatDeadLetterQuery>;

/** Shows commands sent without waiting that could not be decided, and has one of them decided after all. */
@Controller()
@UseGuards(QueryRights)
export class DeadLettersController {
  /** By request: a repetition hears what the first one comes to. */
  readonly #underWay = new Map<string, Promise<Repeated>>();

  constructor(
    private readonly log: ActiveLog,
    private readonly letters: DeadLetterRepository,
  ) {}

  @Query(DeadLettersQuery, WHILE_LEADING)
  async list({ after = 0 }: PayloadOf<typeof DeadLettersQuery>): Promise<ReplyOf<typeof DeadLettersQuery>> {
    return { letters: (await this.letters.list(after)).map(shown) };
  }

  @Query(RepeatDeadLetterQuery, WHILE_LEADING)
  repeat({ letter, request }: PayloadOf<typeof RepeatDeadLetterQuery>): Promise<Repeated> {
    const known = this.#underWay.get(request);
    if (known !== undefined) return known;
    const answer = this.#repeat(letter, request).finally(() => this.#underWay.delete(request));
    this.#underWay.set(request, answer);
    return answer;
  }

  async #repeat(letter: number, request: string): Promise<Repeated> {
    const taken = await this.letters.take(letter, request);
    if (taken === undefined) throw refusal(404, 'NotFound', `there is no dead letter ${letter}`);
    if (taken.repeated) throw refusal(409, 'Conflict', `a journal ended while it decided the dead letter ${letter}`);
    const read = readStored(taken.subject, taken.payload);
    if (!read.ok)
      throw new StatusError(statusOf.badRequest(`the dead letter ${letter} is an invalid command: ${read.problem}`));
    const { command, principal } = read;
    const { writer } = this.log;
    const lost = writer.lost.then((): never => {
      throw new StatusError(statusOf.unavailable('this journal is no longer the active one'));
    });
    const answered = new Promise<CommandReply>((answer) => {
      writer.submit([{ command, principal, bytes: taken.payload.length, comesAgain: true, answer }]);
    });
    const reply = await Promise.race([answered, lost]);
    if (reply.ok || isDecision(reply.status)) await this.letters.remove(letter);
    return { reply };
  }
}

function shown({ id, at, subject, commandId, reason, deliveries, bytes }: DeadLetter) {
  const principal = principalOfSubject(subject);
  return {
    letter: id,
    time: at.toISOString(),
    from: principal === undefined ? 'nobody' : principalName(principal),
    type: subject.slice(subject.lastIndexOf('.') + 1),
    id: commandId ?? undefined,
    reason,
    deliveries,
    bytes,
  };
}

function refusal(code: number, reason: string, message: string): StatusError {
  return new StatusError({ ...statusOf.badRequest(message), code, reason });
}
