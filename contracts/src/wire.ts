import type { EventData } from './events';
import type { StoredObject } from './objects';

/** The payload of an event's message; its other parts are CloudEvents headers. */
export interface EventBody extends EventData {
  /** The whole object after the event, where a node's channel sees it for the first time. */
  entering?: StoredObject;
}

/** What a service says of itself on `shiplog.v1.health`. */
export interface HealthReport {
  service: string;
  instance: string;
  ready: boolean;
  /** One sentence: what it waits for, or what it serves. */
  detail: string;
  uptimeSeconds: number;
  rssBytes: number;
  pid: number;
}

/** What a member of a leadership says of itself to the others. */
export interface LeadershipClaim {
  /** Names the process: an instance that starts again is another member. */
  readonly member: string;
  /** `leads`: it acts. `waits`: it would, were it the first. `leaves`: it stops; the others needn't wait for silence. */
  readonly state: 'leads' | 'waits' | 'leaves';
  /** Since when it leads or waits, in milliseconds of its own clock: the elder goes first. */
  readonly since: number;
  /** A newcomer asks the others to speak up at once. */
  readonly asks?: boolean;
}
