import type { Bus } from '@shiplog/bus';
import type { Logger } from 'pino';

/**
 * Asks NATS over and over whether it is there, and calls back each time that it is: its answer comes after every
 * message that it had for this connection before. Returns the end of it.
 */
export function keepListening(bus: Bus, logger: Logger, everyMs: number, heard: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const ask = async (): Promise<void> => {
    try {
      await bus.connection.flush();
      if (!ended) heard();
    } catch (error) {
      logger.debug({ err: error }, 'NATS is away: no node is judged by its silence');
    }
    if (!ended) timer = setTimeout(() => void ask(), everyMs);
  };
  void ask();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
