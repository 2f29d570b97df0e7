import type { Static } from '@sinclair/typebox';
import type { LogEvent } from './events';
import type { Health, LeadershipClaimed } from './messages/process-requests';
import type { StoredObject } from './objects';

/**
 * The events of one channel in one commit, or in a share of one that is too much for a message. A service hears this in
 * the place of each event by itself: what a message costs is paid once for all of them.
 */
export interface CommitPart {
  /** Of the term in which it was published. */
  readonly epoch: number;
  /** The first and the last position of the commit, of all channels: every event in between is in some part. */
  readonly from: number;
  readonly to: number;
  /**
   * The channels that have a part of the commit, by name: those of resources and of excerpts; in the part of a node's channel
   * also all those of that node.
   */
  readonly channels: readonly string[];
  /**
   * Position of the last event before the commit in each of these channels, by its name, and in those like them that have
   * none of the commit: whoever follows several sees in any part whether it missed one of another.
   */
  readonly heads: Readonly<Partial<Record<string, number>>>;
  /** In the order of the log. */
  readonly events: readonly LogEvent[];
  /** By position: the whole object after the event, where it is the object's first in its node's channel. */
  readonly entering?: Readonly<Partial<Record<number, StoredObject>>>;
}

/** What a service says of itself. */
export type HealthReport = Static<typeof Health.reply>;

/** What a member of a leadership says of itself to the others. */
export type LeadershipClaim = Readonly<Static<typeof LeadershipClaimed.payload>>;
