import type { LogEvent } from '@shiplog/contracts';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { EVENT_COLUMN_LIST } from './columns';
import { eventOfFields } from './event-row';

const NEWLINE = 0x0a;

/**
 * The log from after one position up to another (inclusive; default: its end), in order, in batches as they arrive, by
 * COPY: more than twice as fast as SELECT. Throws when a position is missing.
 */
export async function* readLog(
  client: ClientBase,
  after: number,
  upTo?: number,
  limit?: number,
): AsyncGenerator<LogEvent[]> {
  let expected = after + 1;
  const upToText = upTo === undefined ? '' : ` and position <= ${integer(upTo)}`;
  const limitText = limit === undefined ? '' : ` limit ${integer(limit)}`;
  const which = `position > ${integer(after)}${upToText} order by position${limitText}`;
  for await (const lines of copyLines(client, which)) {
    const events = lines.map((line) => eventOfFields(line.split('\t')));
    for (const event of events) {
      if (event.position !== expected) throw new BrokenLog(expected, event.position);
      expected++;
    }
    yield events;
  }
}

/** The log has a hole: it was written by something else than a journal, or a partition is missing. */
export class BrokenLog extends Error {
  constructor(expected: number, found: number) {
    super(`the log is broken: after position ${expected - 1} comes ${found}`);
    this.name = 'BrokenLog';
  }
}

async function* copyLines(client: ClientBase, which: string): AsyncGenerator<string[]> {
  const select = `select ${EVENT_COLUMN_LIST} from events where ${which}`;
  const stream = client.query(copyTo(`copy (${select}) to stdout`));
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < 0) {
      rest = bytes;
      continue;
    }
    yield bytes.toString('utf8', 0, end).split('\n');
    rest = bytes.subarray(end + 1);
  }
}

/** COPY takes no parameters: what goes into its text is checked to be a whole number. */
function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no position`);
  return String(value);
}
