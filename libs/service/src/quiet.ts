import type { ErrorSink } from '@shiplog/bus';
import type { Logger } from 'pino';

/** How long the same error of the same place is counted instead of told, in milliseconds. */
const QUIET_MS = 60_000;
/** Different errors that are remembered: what a hostile sender can make up must not fill the memory. */
const REMEMBERED = 200;

/** Logs errors of messages: the same one once a minute, with how often it came meanwhile. */
export function quietErrors(logger: Logger, now: () => number = Date.now): ErrorSink {
  const seen = new Map<string, { at: number; more: number }>();
  return (error, where) => {
    const message = error instanceof Error ? error.message : String(error);
    const key = `${where} ${message.slice(0, 200)}`;
    const known = seen.get(key);
    if (known !== undefined && now() - known.at < QUIET_MS) return void known.more++;
    if (known === undefined && seen.size >= REMEMBERED) seen.clear();
    seen.set(key, { at: now(), more: 0 });
    logger.error({ err: error, where, unsaid: known?.more }, 'a message could not be handled');
  };
}
