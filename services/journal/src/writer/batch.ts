import type { Applied, ReplyDraft } from '@shiplog/cluster';
import type { AnyCommand, CommandReply, LogEvent, Principal } from '@shiplog/contracts';
import type { Commit, LoggedCommand } from '../database/append';

/** A command on its way: what to do with its answer. Not answering leaves it to the sender to ask again. */
export interface Submission {
  readonly command: AnyCommand;
  /** Whose credentials sent it: what it may do depends on that, and the log keeps it. */
  readonly principal: Principal;
  readonly answer: (reply: CommandReply) => void;
}

/** An accepted or refused command that waits for the commit that its answer rests on. */
export interface Pending {
  readonly submission: Submission;
  readonly outcome:
    | { readonly kind: 'accepted'; readonly reply: ReplyDraft; readonly first: number; readonly count: number }
    | { readonly kind: 'refused'; readonly reply: CommandReply }
    /** The same id again, while the first one is on its way. */
    | { readonly kind: 'repeated' };
}

/** What one commit is to write, and whom to answer after it. */
export class Batch implements Commit {
  readonly events: LogEvent[] = [];
  readonly texts: string[] = [];
  readonly applied: Applied[] = [];
  readonly commands: LoggedCommand[] = [];
  readonly pending: Pending[] = [];

  get isEmpty(): boolean {
    return this.pending.length === 0;
  }
}
