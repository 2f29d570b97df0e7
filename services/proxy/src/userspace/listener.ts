import type { Backend } from '../domain/service-port';

/** A socket of a service. */
export interface Listener {
  /** From the next connection on; conversations over UDP with a backend that is gone end, as nothing else would end them. */
  update(backends: readonly Backend[], affinitySeconds: number | undefined): void;
  /** Takes nothing new. */
  close(): Promise<void>;
  /** Ends also what is under way. */
  destroy(): Promise<void>;
}
