import { checkCommand, type CheckedCommand } from '@shiplog/cluster';
import { statusOf } from '@shiplog/machinery';

/** Commands in one Batch message, at most. */
const BATCH_LIMIT = 2_000;

/** What a message's payload asks for, or the 400 that says why it asks for nothing. */
export function parseCommand(json: () => unknown): CheckedCommand {
  try {
    return checkCommand(json());
  } catch (error) {
    return { ok: false, status: statusOf.badRequest(`not a command: ${describe(error)}`) };
  }
}

/** The commands of a Batch message; what is wrong with one of them is said of that one. */
export function parseBatch(json: () => unknown): CheckedCommand[] | Extract<CheckedCommand, { ok: false }> {
  try {
    const batch = json();
    if (!Array.isArray(batch)) return refusal('a batch is a JSON array of commands');
    if (batch.length > BATCH_LIMIT) return refusal(`a batch has at most ${BATCH_LIMIT} commands`);
    return batch.map(checkCommand);
  } catch (error) {
    return refusal(`not a batch of commands: ${describe(error)}`);
  }
}

function refusal(message: string): Extract<CheckedCommand, { ok: false }> {
  return { ok: false, status: statusOf.badRequest(message) };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
