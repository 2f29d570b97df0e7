import type { AppliedEvent, ReplyDraft } from '@shiplog/cluster';
import type { AnyCommand, CommandReply, LogEvent, Principal } from '@shiplog/contracts';
import type { Commit, LoggedAnswer, LoggedCommand } from '../database/append';
import type { Asking } from './askings';
import type { Slice, Sweep } from './sweep';

/** A command on its way: what to do with its answer. Not answering leaves it to the sender to ask again. */
export interface Submission {
  readonly command: AnyCommand;
  /** Whose credentials sent it: what it may do depends on that, and the log keeps it. */
  readonly principal: Principal;
  readonly answer: (reply: CommandReply) => void;
  /** Hears that the answer takes longer than commits do: nothing else should wait for it. */
  readonly waits?: () => void;
  /** Of the message that it came in: what it costs to keep it waiting. */
  readonly bytes?: number;
  /** Delivered again, under the same id, when it is told to come later: that answer is not its last. */
  readonly comesAgain?: boolean;
}

/** A command that is being decided or committed, with its repetitions: all hear the one answer. */
export class Waiting {
  readonly #repetitions: Submission[] = [];
  #repeatedBytes = 0;

  /** @param asking what webhooks were asked about it */
  constructor(
    readonly submission: Submission,
    public asking?: Asking,
  ) {}

  get id(): string {
    return this.submission.command.id;
  }

  get deliveries(): readonly Submission[] {
    return [this.submission, ...this.#repetitions];
  }

  /** What its repetitions cost. */
  get repeatedBytes(): number {
    return this.#repeatedBytes;
  }

  repeat(submission: Submission, cost: number): void {
    this.#repetitions.push(submission);
    if (this.asking !== undefined) submission.waits?.();
    this.#repeatedBytes += cost;
  }
}

/** A decided command that waits for the commit that its answer rests on. */
export interface Pending {
  readonly waiting: Waiting;
  readonly outcome: Outcome;
}

/** What a command came to. */
export type Outcome =
  | { readonly kind: 'events'; readonly reply: ReplyDraft; readonly first: number; readonly count: number }
  /** A refusal, or an answer without events of its own; `isLogged`: the commit writes it, so that it holds for good. */
  | { readonly kind: 'answer'; readonly reply: CommandReply; readonly isLogged: boolean }
  /** A part of a command that takes several commits; `last` is its answer, after the last of them. */
  | { readonly kind: 'slice'; readonly sweep: Sweep; readonly slice: Slice; readonly last?: CommandReply };

/** What an event takes beside its text: its names, its objects before and after. */
const EVENT_BYTES = 500;
/** What a command takes that waits, and its row. */
const COMMAND_BYTES = 300;
/** What an item of a command's answer takes. */
const ITEM_BYTES = 50;

/** What one commit is to write, and whom to answer after it. */
export class Batch implements Commit {
  readonly events: LogEvent[] = [];
  readonly texts: string[] = [];
  readonly applied: AppliedEvent[] = [];
  readonly commands: LoggedCommand[] = [];
  readonly answers: LoggedAnswer[] = [];
  readonly pending: Pending[] = [];
  /** What it holds in memory, and about what it writes. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.pending.length === 0;
  }

  /** Rows that it writes. */
  get rows(): number {
    return this.events.length + this.answers.length;
  }
}

/** What a command costs from its decision to its commit. */
export function costOf(
  { bytes = 0 }: Submission,
  { texts = [], items = 0, answer = '' }: { texts?: readonly string[]; items?: number; answer?: string },
): number {
  let cost = COMMAND_BYTES + bytes + items * ITEM_BYTES + answer.length;
  for (const text of texts) cost += EVENT_BYTES + Buffer.byteLength(text);
  return cost;
}
