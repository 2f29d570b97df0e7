import type { Health } from '@shiplog/service';
import type { Logger } from 'pino';

/**
 * Lets work go on that nobody awaits. When it fails the process ends, and its supervisor starts a sound one; a service that
 * runs on without its work would only look well.
 */
export function background(work: Promise<unknown>, { health, logger }: { health: Health; logger: Logger }): void {
  work.catch((error: unknown) => {
    health.notReady('failed');
    logger.fatal({ err: error }, 'work in the background failed; stopping');
    process.exit(1);
  });
}
