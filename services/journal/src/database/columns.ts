/**
 * The columns of `events` in the order in which they are written and read everywhere. New ones come last: recorded logs
 * and archives keep the columns that they were written with.
 */
export const EVENT_COLUMNS = [
  'position',
  'time',
  'type',
  'version',
  'resource',
  'namespace',
  'name',
  'uid',
  'node',
  'actor',
  'command_id',
  'command_seq',
  'cause',
  'basis',
  'data',
  'via',
] as const;

/** For SELECT and COPY lists; `time` is a Postgres timestamp in the session's zone, which is always UTC here. */
export const EVENT_COLUMN_LIST = EVENT_COLUMNS.join(', ');
