import type { Logger } from 'pino';
import type { SimProcess } from './process';
import type { World } from './world';

/** A service's logger: what it warns of is a line of the trace. */
export function simulatedLogger(world: World, process: SimProcess): Logger {
  const silent = (): void => undefined;
  const say =
    (level: string) =>
    (first: unknown, second?: unknown): void => {
      const description = typeof first === 'string' ? first : `${String(second ?? '')} ${described(first)}`;
      world.trace.say(process.name, `${level}: ${description}`);
    };
  const logger = {
    level: 'info',
    trace: silent,
    debug: silent,
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
    silent,
    child: () => logger,
    bindings: () => ({}),
    isLevelEnabled: () => true,
    flush: silent,
  };
  return logger as unknown as Logger;
}

function described(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) => (value instanceof Error ? value.message : value)) ?? '';
}
