import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { BackOff, pause, type BackOffBounds } from '@shiplog/wait';
import { BusUnavailable } from './errors';

export interface SendUntilAnsweredOptions {
  /** Between attempts, each of which lasts as long as the bus waits for an answer. */
  readonly backOff: BackOffBounds;
  /** Gives up: no attempt begins after it. */
  readonly signal: AbortSignal;
  /** Nobody answered so far, how often in a row, and the wait before the next attempt: for logs and health. */
  readonly onUnavailable: (error: BusUnavailable, attempt: number, waitMs: number) => void;
}

/**
 * Sends a command until the journal answers. What became of one that nobody answered is not known; sent again with the
 * same id, it is decided once. Undefined when aborted before an answer came; rejects with what repeating cannot cure.
 */
export async function sendUntilAnswered(
  bus: { command(command: AnyCommand): Promise<CommandReply> },
  command: AnyCommand,
  { backOff: bounds, signal, onUnavailable }: SendUntilAnsweredOptions,
): Promise<CommandReply | undefined> {
  const backOff = new BackOff(bounds);
  while (!signal.aborted) {
    try {
      return await bus.command(command);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof BusUnavailable)) throw error;
      const waitMs = backOff.failed();
      onUnavailable(error, backOff.failures, waitMs);
      await pause(waitMs, signal);
    }
  }
  return undefined;
}
