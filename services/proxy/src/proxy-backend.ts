import type { Logger } from 'pino';
import type { ServicePort } from './domain/service-port';

/** A way to make services reachable on this node. */
export interface ProxyBackend {
  readonly mode: 'nftables' | 'userspace';
  /** Makes `ports` all that a service has; takes effect at the next sync. Throws UnsoundValue. */
  set(service: string, ports: readonly ServicePort[]): void;
  /** Services that have anything here. */
  services(): string[];
  /** Brings the node up to date with what was set; throws when it could not, and may be called again. */
  sync(): Promise<void>;
  /** A cheap look whether what was made still stands; makes it again when it doesn't. */
  verify(): Promise<void>;
  /** The next sync makes everything again. */
  forceFullSync(): void;
  /** One sentence for the health report: what is served, and what can't be. */
  detail(): string;
  stop(): Promise<void>;
}

/** Gives a backend what a service has now. One that can't be served has nothing there, and the others go on. */
export function serve(
  backend: ProxyBackend,
  service: string,
  ports: () => readonly ServicePort[],
  logger: Logger,
): void {
  try {
    backend.set(service, ports());
  } catch (error) {
    logger.warn({ service, wrong: error instanceof Error ? error.message : String(error) }, 'a service is not served');
    backend.set(service, []);
  }
}
