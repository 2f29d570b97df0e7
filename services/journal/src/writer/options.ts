import type { AppliedEvent, ClusterState, CommandMetadata } from '@shiplog/cluster';
import type { CommandReply, LogEvent } from '@shiplog/contracts';
import type { Logger } from 'pino';
import type { AppendOutcome, Commit } from '../database/append';
import type { Ask } from './askings';
import type { RecentCommands } from './recent-commands';

/** What the writer writes to, and where it looks up what it has forgotten. */
export interface LogStore {
  append(commit: Commit): Promise<AppendOutcome>;
  /** The answers of those of the commands that the log knows. */
  findAnswers(ids: readonly string[]): Promise<ReadonlyMap<string, CommandReply>>;
}

export interface WriterOptions {
  /** The state at `position`: all of it committed. The writer keeps it so. */
  state: ClusterState;
  position: number;
  recent: RecentCommands;
  store: LogStore;
  settings: CommandMetadata['settings'];
  /** Events and answers in one commit, at most (one command's are never divided), and bytes. */
  commitEvents: number;
  commitBytes?: number;
  /** Bytes of commands that wait for a commit, at most. */
  aheadBytes?: number;
  /** JSON of one event's data, at most: what the bus can carry. */
  maxDataBytes: () => number;
  /** What was committed, with the JSON of each event's data. */
  publish: (commit: readonly AppliedEvent[], texts: readonly string[]) => void;
  /** After each commit, once its events are published and its commands answered. */
  onCommitted?: (events: readonly LogEvent[]) => void;
  clock: () => { time: string; uid: () => string };
  /** Absent: there are no webhooks. */
  ask?: Ask;
  /** Nothing more is asked, and nobody waits for an answer. */
  onStopped?: () => void;
  logger: Logger;
}
