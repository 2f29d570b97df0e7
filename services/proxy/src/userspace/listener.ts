import type { Balancer } from './domain/balancer';

/** A socket of a service. */
export interface Listener {
  readonly balancer: Balancer;
  /** Takes nothing new. */
  close(): Promise<void>;
  /** Ends also what is under way. */
  destroy(): Promise<void>;
}
