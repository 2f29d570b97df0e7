import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { BackOff, pause, type BackOffBounds } from '@shiplog/wait';
import type { ReconcilerLog, Client } from './client';

/** Sends one controller's commands and settles what became of them. */
export class Sender {
  private open = false;

  constructor(
    private readonly controller: string,
    private readonly client: Client,
    private readonly log: ReconcilerLog,
    private readonly backOff: BackOffBounds,
  ) {}

  start(): void {
    this.open = true;
  }

  /** Nothing is sent again from now on. */
  stop(): void {
    this.open = false;
  }

  /**
   * Sends a command until it is answered. While nobody answers it is in doubt whether it was decided, so the same
   * command goes again under the same id, and its key decides nothing new. Undefined after a stop.
   */
  async settle(key: string, command: AnyCommand): Promise<CommandReply | undefined> {
    const patience = new BackOff(this.backOff);
    while (this.open) {
      try {
        return await this.client.command(command);
      } catch (error) {
        const waitMs = patience.failed();
        const fields = { controller: this.controller, key, command: command.type, attempt: patience.failures, waitMs };
        this.log.warn({ ...fields, error: String(error) }, 'no answer to a command; sending it again');
        await pause(waitMs);
      }
    }
    return undefined;
  }
}
