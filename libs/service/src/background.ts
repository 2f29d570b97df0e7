import type { Logger } from 'pino';
import type { Health } from './health';

/**
 * Runs what a service does after its start has come back: the journal may come later than its readers. The one way to
 * fail there: it is logged and told as the service's health, and the process ends in order with code 1, so that its
 * supervisor starts another.
 */
export function background(
  work: Promise<unknown>,
  { logger, health }: { readonly logger: Logger; readonly health: Pick<Health, 'notReady'> },
): void {
  work.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the service could not start');
    health.notReady(`could not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  });
}
