import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { OPERATOR } from '../../../launcher/src/nats/identities';
import { natsSettings } from '../../../launcher/src/nats/nats';
import { REPOSITORY } from '../../../launcher/src/settings';
import { NAMESPACE } from '../clients/register-kind';
import type { ControlPlane } from '../plane/control-plane';
import type { LoggedEvent } from './check-log';

/** What the log itself has. */
export interface Log {
  /** Of the run's objects, in order. */
  readonly events: readonly LoggedEvent[];
  readonly length: number;
  readonly problems: readonly string[];
}

interface Row {
  position: string;
  name: string;
  command_id: string;
  token: string | null;
}

/** A token is in the whole object, or in what is set of it. */
const EVENTS = `
select position, name, command_id, substring(data::text from '"token":(?:{"set":)?"(t[0-9]+)"') as token
from events where resource = $1 and namespace = $2 order by position`;
const LENGTH = 'select count(*)::int as count, coalesce(max(position), 0)::int as last from events';
const DOUBLED = `
select command_id from events group by command_id
having count(distinct command_seq) <> count(*) or max(command_seq) + 1 <> count(*)`;
const BACKWARDS = `
select position from (select position, time, lag(time) over (order by position) as before from events) as times
where time < before limit 5`;

/** Reads the log of a plane, past everything that stands before it. @param resource of the run's objects */
export async function readLog(plane: ControlPlane, resource: string): Promise<Log> {
  const client = new Client({ connectionString: plane.cluster.ownerDatabaseUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Row>(EVENTS, [resource, NAMESPACE]);
    const [{ count, last } = { count: 0, last: 0 }] = (await client.query<{ count: number; last: number }>(LENGTH))
      .rows;
    const doubled = (await client.query<{ command_id: string }>(DOUBLED)).rows.map((row) => row.command_id);
    const backwards = (await client.query<{ position: string }>(BACKWARDS)).rows.map((row) => row.position);
    const problems = [
      ...(count === last ? [] : [`the log has ${count} events up to position ${last}: it has gaps`]),
      ...(doubled.length === 0 ? [] : [`commands with events twice, or not all of them: ${doubled.join(', ')}`]),
      ...(backwards.length === 0 ? [] : [`time runs backwards at ${backwards.join(', ')}`]),
    ];
    return { events: rows.map(eventOf), length: count, problems };
  } finally {
    await client.end();
  }
}

function eventOf(row: Row): LoggedEvent {
  const { name: key, command_id: commandId, token } = row;
  return { position: Number(row.position), key, commandId, token: token ?? undefined };
}

/** Folds the log from its beginning, as `npm run rebuild` does; answers what differs from the live state, if anything. */
export async function rebuildDiffers(plane: ControlPlane): Promise<string | undefined> {
  const { cluster } = plane;
  const program = join(REPOSITORY, 'dist', 'services', 'journal', 'src', 'rebuild.js');
  const env = { ...process.env, DATABASE_URL: cluster.databaseUrl, ...natsSettings(cluster, OPERATOR) };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return child.exitCode === 0 ? undefined : `the rebuilt state is not the live one: ${out}${err}`;
}
