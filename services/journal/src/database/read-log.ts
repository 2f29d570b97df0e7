import type { ClientBase } from 'pg';
import { copyRows } from './copy-rows';
import { FOLDED_COLUMNS, LoggedRow } from './logged-row';

/** Which part of the log is read: positions `after` (exclusive) to `upTo` (inclusive; default: its end). */
export interface LogRange {
  readonly after: number;
  readonly upTo?: number;
  /** Events at most. */
  readonly limit?: number;
}

/**
 * A part of the log, in order, in batches as they arrive: by COPY, four times as fast as SELECT, and only what a fold needs.
 * Throws BrokenLog when a position is missing.
 */
export async function* readLog(client: ClientBase, { after, upTo, limit }: LogRange): AsyncGenerator<LoggedRow[]> {
  let expected = after + 1;
  const upToText = upTo === undefined ? '' : ` and position <= ${integer(upTo)}`;
  const limitText = limit === undefined ? '' : ` limit ${integer(limit)}`;
  const which = `position > ${integer(after)}${upToText} order by position${limitText}`;
  const select = `select ${FOLDED_COLUMNS} from events where ${which}`;
  yield* copyRows(client, select, (row) => {
    const event = LoggedRow.read(row);
    if (event.position !== expected) throw new BrokenLog(expected, event.position);
    expected++;
    return event;
  });
}

/** The log has a hole: it was written by something else than a journal, or a partition is missing. */
export class BrokenLog extends Error {
  constructor(expected: number, found: number) {
    super(`the log is broken: after position ${expected - 1} comes ${found}`);
    this.name = 'BrokenLog';
  }
}

/** COPY takes no parameters: what goes into its text is checked to be a whole number. */
function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`must be a position: ${value}`);
  return String(value);
}
