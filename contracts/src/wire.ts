import type { Static } from '@sinclair/typebox';
import type { EventData } from './events';
import type { Health, LeadershipClaimed } from './messages/process-requests';
import type { StoredObject } from './objects';

/** The payload of an event's message; its other parts are CloudEvents headers. */
export interface EventBody extends EventData {
  /** The whole object after the event, where a node's channel sees it for the first time. */
  entering?: StoredObject;
}

/** What a service says of itself. */
export type HealthReport = Static<typeof Health.reply>;

/** What a member of a leadership says of itself to the others. */
export type LeadershipClaim = Readonly<Static<typeof LeadershipClaimed.payload>>;
