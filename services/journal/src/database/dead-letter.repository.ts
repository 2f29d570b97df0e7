import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What can't be delivered, as JetStream had it. */
export interface Undeliverable {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** The command's; undefined when it is no command. */
  readonly commandId?: string;
  readonly reason: string;
  readonly deliveries: number;
}

/** A letter as it is listed. */
export interface DeadLetter {
  readonly id: number;
  readonly at: Date;
  readonly subject: string;
  readonly commandId: string | null;
  readonly reason: string;
  readonly deliveries: number;
  readonly bytes: number;
}

/** Letters kept, at most, by number and bytes; the oldest go first. */
const MOST = 1_000;
const MOST_BYTES = 256 * 1024 * 1024;
const LISTED = 100;

/** Commands sent without waiting that could not be decided, and notes on those that are being decided. */
@Injectable()
export class DeadLetterRepository {
  /** Notes to be struck off as soon as Postgres can be reached again. */
  readonly #toEnd = new Set<string>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Notes what is about to be decided. Returns those that were noted before and never struck off: a journal ended
   * while it decided them, or others beside them (`alone`: it was this one).
   */
  async begin(ids: readonly string[]): Promise<ReadonlyMap<string, { readonly alone: boolean }>> {
    if (this.#toEnd.size > 0) await this.end([]);
    try {
      const rows = await this.dataSource.query<{ id: string; alone: boolean }[]>(BEGIN, [ids, ids.length === 1]);
      return new Map(rows.map(({ id, alone }) => [id, { alone }]));
    } catch (error) {
      // Nobody knows whether they are noted; decided they are not.
      for (const id of ids) this.#toEnd.add(id);
      throw error;
    }
  }

  /** Notes that this one is now decided with no other beside it. */
  async beginAlone(id: string): Promise<void> {
    await this.dataSource.query(
      `insert into begun_commands (id, alone) values ($1, true) on conflict (id) do update set alone = true`,
      [id],
    );
  }

  /** Strikes off what was decided, or buried. */
  async end(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#toEnd.add(id);
    const all = [...this.#toEnd];
    await this.dataSource.query('delete from begun_commands where id = any($1)', [all]);
    for (const id of all) this.#toEnd.delete(id);
  }

  /** Forgets notes on commands that JetStream no longer has. */
  async forgetNotes(keptMs: number): Promise<void> {
    const text = `delete from begun_commands where at < now() - $1 * interval '1 millisecond'`;
    await this.dataSource.query(text, [keptMs]);
  }

  /** Keeps a letter; the oldest leave when there are too many. */
  async bury({ subject, payload, commandId, reason, deliveries }: Undeliverable): Promise<void> {
    const values = [subject, Buffer.from(payload), commandId ?? null, reason, deliveries];
    await this.dataSource.query(BURY, values);
    await this.dataSource.query(THIN, [MOST, MOST_BYTES]);
  }

  async list(after: number): Promise<DeadLetter[]> {
    const rows = await this.dataSource.query<(Omit<DeadLetter, 'id'> & { id: string })[]>(
      `select id, at, subject, command_id as "commandId", why as reason, deliveries, octet_length(payload) as bytes
         from dead_letters where id > $1 order by id limit ${LISTED}`,
      [after],
    );
    return rows.map((row) => ({ ...row, id: Number(row.id) }));
  }

  /**
   * Takes a letter to be decided for a request: `repeated` when the same request has taken it before (and ended with
   * the journal that decided it), undefined when there is none.
   */
  async take(
    id: number,
    request: string,
  ): Promise<{ subject: string; payload: Buffer; repeated: boolean } | undefined> {
    const [row] = await this.dataSource.query<{ subject: string; payload: Buffer; repeated: boolean }[]>(TAKE, [
      id,
      request,
    ]);
    return row;
  }

  async remove(id: number): Promise<void> {
    await this.dataSource.query('delete from dead_letters where id = $1', [id]);
  }
}

/** The note only has to outlive this process, not Postgres: no need to wait for the disk. */
const BEGIN = `
with hurry as (select set_config('synchronous_commit', 'off', true)),
noted as (
  insert into begun_commands (id, alone) select unnest($1::text[]), $2::boolean from hurry on conflict (id) do nothing
)
select id, alone from begun_commands where id = any($1)`;

const BURY = `
insert into dead_letters (subject, payload, command_id, why, deliveries) values ($1, $2, $3, $4, $5)
    on conflict (subject, md5(payload)) do update set why = excluded.why, deliveries = excluded.deliveries, at = now()`;

const THIN = `
delete from dead_letters where id in (
  select id from (select id, row_number() over newest as nth, sum(octet_length(payload)) over newest as bytes
                    from dead_letters window newest as (order by id desc)) as ranked
   where nth > $1 or (nth > 1 and bytes > $2))`;

const TAKE = `
with taken as (select id, subject, payload, repeated is not distinct from $2 as repeated
                 from dead_letters where id = $1 for update),
     noted as (update dead_letters set repeated = $2 where id = $1 and repeated is distinct from $2)
select subject, payload, repeated from taken`;
