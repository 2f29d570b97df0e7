import type { LogEvent } from '@shiplog/contracts';
import type { ItemDraft } from '@shiplog/cluster';
import type { Client } from 'pg';
import { connectClient, endClient, queryWithin } from './client';
import { jsonArray } from './json-array';

/** A command of a commit, for the table that makes commands idempotent. */
export interface LoggedCommand {
  readonly id: string;
  readonly first: number;
  readonly count: number;
  /** For commands with several items. */
  readonly items?: readonly ItemDraft[];
}

/** The answer of a command that made no events of its own, or that its events don't tell. */
export interface LoggedAnswer {
  readonly id: string;
  /** JSON of the CommandReply. */
  readonly reply: string;
}

/** What one commit writes: events in the order of their positions, with the JSON text of their data, and answers. */
export interface Commit {
  readonly events: readonly LogEvent[];
  readonly texts: readonly string[];
  readonly commands: readonly LoggedCommand[];
  readonly answers?: readonly LoggedAnswer[];
}

/**
 * What Postgres says to a commit. What it doesn't say (a lost connection) is thrown: nobody knows then.
 * `answered-before`: committed, but some of `answers` were there already and stay as they were. `repeated-command`:
 * one of `commands` was there already, and nothing is written.
 */
export type AppendOutcome = 'committed' | 'answered-before' | 'deposed' | 'repeated-command';

/**
 * Columns travel as one text each, cut by a control character that no value can hold (JSON escapes it, ids and names
 * are checked): an array literal would have to escape every quote, here and there. Documents are too long for that: to look
 * for where each ends would take Postgres a quarter of what it needs for an event.
 */
export const SEPARATOR = '\u001f';

const cut = (parameter: number): string => `string_to_array($${parameter}, E'\\x1f')`;

const FENCE = 'fence as materialized (select epoch from lease where epoch = $1 for share)';
const EVENTS = `events (position, time, type, version, resource, namespace, name, uid, node, actor,
                      command_id, command_seq, cause, basis, data, via)`;

/** One statement, one round trip: the fence, the events and their commands commit together or not at all. */
const LOGGED = `
with ${FENCE},
logged as (
  insert into ${EVENTS}
  select $2::bigint + e.nth - 1, e.time::timestamptz, e.type, e.version::smallint, e.resource,
         coalesce(e.namespace, ''), e.name, e.uid, coalesce(e.node, ''), e.actor, e.command_id,
         e.command_seq::integer, nullif(e.cause, '')::bigint, nullif(e.basis, '')::bigint, e.data,
         nullif(e.via, '')
    from fence, unnest(${Array.from({ length: 14 }, (_, i) => cut(i + 3)).join(', ')}, $17::json[]) with ordinality
      as e(time, type, version, resource, namespace, name, uid, node, actor, command_id, command_seq, cause, basis,
           via, data, nth)
), known as (
  insert into commands (id, first, count, items)
  select c.id, c.first::bigint, c.count::integer, nullif(c.items, '')::json
    from fence, unnest(${[18, 19, 20, 21].map(cut).join(', ')}) as c(id, first, count, items)
)`;

/** An answer has no effect to undo: where its id is known, the rest is committed all the same, and the first answer holds. */
const ANSWERED = `answered as (
  insert into commands (id, count, reply)
  select c.id, 0, c.reply::json from fence, unnest(${[22, 23].map(cut).join(', ')}) as c(id, reply)
  on conflict (id) do nothing
  returning 1
)`;

/** Of one command with one event, as of a client that waits for each: nothing to cut, a quarter less of Postgres' time. */
const APPEND_ONE = {
  name: 'append-one',
  text: `
with ${FENCE},
logged as (
  insert into ${EVENTS}
  select $2::bigint, $3::timestamptz, $4, $5::smallint, $6, $7, $8, $9, $10, $11, $12, $13::integer, $14::bigint,
         $15::bigint, $16::json, $17
    from fence
), known as (
  insert into commands (id, first, count, items) select $18, $2::bigint, 1, $19::json from fence
)
select 0 as answered from fence`,
};
const APPEND = { name: 'append', text: `${LOGGED}\nselect 0 as answered from fence` };
const APPEND_ANSWERS = {
  name: 'append-answers',
  text: `${LOGGED}, ${ANSWERED}\nselect (select count(*)::integer from answered) as answered from fence`,
};

const UNIQUE_VIOLATION = '23505';
const SET_UP_MS = 5_000;

/** Appends to the log on a connection of its own. */
export class Appender {
  private constructor(
    private readonly client: Client,
    private readonly epoch: number,
  ) {}

  /** For one epoch. The statement is planned once, and never again; `onError` hears when the connection breaks. */
  static async open(databaseUrl: string, epoch: number, onError: (error: Error) => void): Promise<Appender> {
    const client = await connectClient(databaseUrl, 'append', onError);
    try {
      await queryWithin(client, SET_UP_MS, 'set synchronous_commit = on');
      await queryWithin(client, SET_UP_MS, 'set plan_cache_mode = force_generic_plan');
    } catch (error) {
      await endClient(client);
      throw error;
    }
    return new Appender(client, epoch);
  }

  async close(): Promise<void> {
    await endClient(this.client);
  }

  async append(commit: Commit): Promise<AppendOutcome> {
    const { answers = [] } = commit;
    try {
      const { rows } = await this.client.query<{ answered: number }>(this.#statement(commit));
      if (rows[0] === undefined) return 'deposed';
      return rows[0].answered === answers.length ? 'committed' : 'answered-before';
    } catch (error) {
      if (isRepeatedCommand(error)) return 'repeated-command';
      throw error;
    }
  }

  #statement(commit: Commit): { name: string; text: string; values: unknown[] } {
    const { events, commands, answers = [] } = commit;
    if (answers.length > 0) return { ...APPEND_ANSWERS, values: this.#values(commit) };
    if (events.length !== 1 || commands.length !== 1) return { ...APPEND, values: this.#values(commit) };
    return { ...APPEND_ONE, values: this.#valuesOfOne(commit) };
  }

  #valuesOfOne({ events: [event], texts: [text], commands: [command] }: Commit): unknown[] {
    if (event === undefined || command === undefined) return [];
    const { position, time, fact, version, resource, namespace, name, uid, node, actor } = event;
    const { commandId, commandSeq, cause, basis, via } = event;
    const items = command.items === undefined ? null : JSON.stringify(command.items);
    return [
      ...[this.epoch, position, time, fact, version, resource, namespace, name, uid, node, actor],
      ...[commandId, commandSeq, cause ?? null, basis ?? null, text, via ?? null, command.id, items],
    ];
  }

  #values({ events, texts, commands, answers = [] }: Commit): unknown[] {
    const column = (value: (event: LogEvent) => string | number): string => joined(events, value);
    return [
      this.epoch,
      events[0]?.position ?? 0,
      column((event) => event.time),
      column((event) => event.fact),
      column((event) => event.version),
      column((event) => event.resource),
      column((event) => event.namespace),
      column((event) => event.name),
      column((event) => event.uid),
      column((event) => event.node),
      column((event) => event.actor),
      column((event) => event.commandId),
      column((event) => event.commandSeq),
      column((event) => event.cause ?? ''),
      column((event) => event.basis ?? ''),
      column((event) => event.via ?? ''),
      jsonArray(texts),
      joined(commands, (command) => command.id),
      joined(commands, (command) => command.first),
      joined(commands, (command) => command.count),
      joined(commands, (command) => (command.items === undefined ? '' : JSON.stringify(command.items))),
      ...(answers.length === 0
        ? []
        : [joined(answers, (answer) => answer.id), joined(answers, (answer) => answer.reply)]),
    ];
  }
}

function joined<T>(rows: readonly T[], value: (row: T) => string | number): string {
  let text = '';
  for (let i = 0; i < rows.length; i++) text += (i === 0 ? '' : SEPARATOR) + value(rows[i] as T);
  return text;
}

function isRepeatedCommand(error: unknown): boolean {
  const { code, table } = error as { code?: string; table?: string };
  return code === UNIQUE_VIOLATION && table === 'commands';
}
