import { pause } from '@shiplog/wait';
import { RuntimeError } from '../runtime';
import { orGone } from './grpc/errors';

const TRIES = 20;
const PAUSE_MS = 50;
/** As the runtime answers of what has just ended: its state is the one before, or the process that looked after it has gone first. */
const NOT_HEARD = /is still running|ttrpc: (server )?closed/;

/**
 * Ends something; what is not there any more has ended. Of an end of its own the runtime hears a moment later, and refuses until then:
 * it is asked again so often, a second in all, and then its refusal is thrown.
 */
export async function onceHeard(end: () => Promise<unknown>): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      return void (await orGone(end()));
    } catch (error) {
      if (left === 0 || !(error instanceof RuntimeError) || !NOT_HEARD.test(error.message)) throw error;
    }
    await pause(PAUSE_MS);
  }
}
