import type { AppliedEvent } from '@shiplog/cluster';
import type { View } from '@shiplog/contracts';
import type { Logger } from 'pino';
import type { Accept } from './acceptance';
import type { Followed } from './cursor';

export interface ProjectionOptions {
  channels: Followed;
  /** Ends the opening of one that is not wanted any more, and the projection itself. */
  signal?: AbortSignal;
  logger: Logger;
  /** What is kept of each object; default: all of it. */
  keep?: View;
  /** How often a node's channels are compared with the journal's, in milliseconds; default 30 s. */
  proveNodeEveryMs?: number;
  /**
   * What is wrong with an object, if anything: then `get`, `list` and listeners know nothing of it, a warning says so once
   * per version, and it is folded all the same. Default: nothing ever is.
   */
  accept?: Accept;
}

export type AppliedListener = (batch: readonly AppliedEvent[]) => void;
/** Hears that a gap was closed by loading the state of a position: what happened before it can't be told in full. */
export type ReloadedListener = (position: number) => void;
