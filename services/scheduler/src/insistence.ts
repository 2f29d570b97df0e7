import { BusUnavailable } from '@shiplog/bus';
import type { AnyCommand, CommandReply } from '@shiplog/contracts';

export interface Insistence {
  readonly command: (command: AnyCommand) => Promise<CommandReply>;
  /** Nobody answered so far: for logs and health, each time anew. */
  readonly onUnavailable: (error: BusUnavailable) => void;
  /** Whether to give up, asked before each further attempt. */
  readonly isStopped: () => boolean;
}

/**
 * Sends a command until the journal answers. What became of one that nobody answered is not known; sent again with the
 * same id, it is decided once. Each attempt lasts as long as the bus waits (10 s), so there is no pause in between.
 * Undefined when stopped before an answer came.
 */
export async function insist(command: AnyCommand, insistence: Insistence): Promise<CommandReply | undefined> {
  while (!insistence.isStopped()) {
    try {
      return await insistence.command(command);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) {
        if (insistence.isStopped()) return undefined;
        throw error;
      }
      insistence.onUnavailable(error);
    }
  }
  return undefined;
}
