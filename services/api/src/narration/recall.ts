import type { Bus } from '@shiplog/bus';
import type { LogEvent } from '@shiplog/contracts';
import type { Logger } from 'pino';
import type { Narrator } from './narrator';

/** Events of the log read back at most: what happened lately, not all of history. */
const LIMIT = 1_000;

/** Makes the Events of what happened before this api started. Without them it still serves, and says so. */
export async function recallNarration(bus: Bus, narrator: Narrator, logger: Logger): Promise<void> {
  try {
    const { events } = await bus.query('history', { limit: LIMIT });
    narrator.recall([...events].sort((a: LogEvent, b: LogEvent) => a.position - b.position));
  } catch (error) {
    logger.warn({ err: error }, 'what happened before the start is not among the Events');
  }
}
