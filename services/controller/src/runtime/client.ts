import type { AppliedEvent, ReadonlyCluster } from '@shiplog/cluster';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import type { Note } from './domain/controller';

/** What reconcilers stand on: a projection to read, a journal to ask, a clock, names for commands. */
export interface Client {
  readonly position: number;
  readonly state: ReadonlyCluster;
  /** Batches of applied events, in order, after their fold; returns the way out. */
  onApplied(listener: (batch: readonly AppliedEvent[]) => void): () => void;
  /** Rejects when nobody answered in time: then it is not known whether the command was decided. */
  command(command: AnyCommand): Promise<CommandReply>;
  /** Tells whoever describes objects; kept by nobody. */
  note(note: Note): void;
  now(): number;
  newCommandId(): string;
}

/** The lines that the runtime writes. */
export interface ReconcilerLog {
  debug(fields: object, line: string): void;
  warn(fields: object, line: string): void;
  error(fields: object, line: string): void;
}
