import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

const TABLE = 'bench_events';
/** Cuts the columns of a statement's rows, as the journal does it: no value holds it. */
const CUT = '\u001f';

/** The columns of the log, and how each is read from text. */
const COLUMNS: readonly (readonly [name: string, cast: string])[] = [
  ['time', 'timestamptz'],
  ['type', 'text'],
  ['version', 'smallint'],
  ['resource', 'text'],
  ['namespace', 'text'],
  ['name', 'text'],
  ['uid', 'text'],
  ['node', 'text'],
  ['actor', 'text'],
  ['command_id', 'text'],
  ['command_seq', 'integer'],
  ['data', 'json'],
];

const INSERT = `insert into ${TABLE} (position, ${COLUMNS.map(([name]) => name).join(', ')})
  select $1::bigint + r.nth, ${COLUMNS.map(([name, cast]) => `coalesce(r.${name}, '')::${cast}`).join(', ')}
    from unnest(${COLUMNS.map((_, i) => `string_to_array($${i + 2}, E'\\x1f')`).join(', ')})
      with ordinality as r(${COLUMNS.map(([name]) => name).join(', ')}, nth)`;

/** What the same Postgres does without a journal before it. */
export class RawLog {
  private constructor(private readonly client: Client) {}

  static async open(databaseUrl: string): Promise<RawLog> {
    const client = new Client({ connectionString: databaseUrl, options: '-c plan_cache_mode=force_generic_plan' });
    // The statement under way fails with the same error.
    client.on('error', () => undefined);
    await client.connect();
    return new RawLog(client);
  }

  /**
   * Rows a second by multi-row insert: one statement and one commit for so many rows, one after another. The rows
   * are events that the journal has logged; the table has the log's columns and indexes.
   */
  async insertRate(batch: number, seconds: number): Promise<number> {
    await this.client.query(`drop table if exists ${TABLE}`);
    await this.client.query(`create table ${TABLE} (like events including defaults, primary key (position))`);
    await this.client.query(`create index on ${TABLE} (resource, namespace, name, position)`);
    const values = await this.#sample(batch);
    let rows = 0;
    const started = performance.now();
    while (performance.now() - started < seconds * 1_000) {
      await this.client.query({ name: `insert ${batch}`, text: INSERT, values: [rows, ...values] });
      rows += batch;
    }
    const rate = (rows / (performance.now() - started)) * 1_000;
    await this.client.query(`drop table ${TABLE}`);
    return rate;
  }

  /** Rows a second of `COPY … TO STDOUT` of the whole log, in its order, when nobody looks at them. */
  async copyRate(): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>('select count(*) from events');
    const started = performance.now();
    const stream = this.client.query(copyTo('copy (select * from events order by position) to stdout'));
    for await (const _chunk of stream as AsyncIterable<Buffer>);
    return (Number(rows[0]?.count ?? 0) / (performance.now() - started)) * 1_000;
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** The columns of the newest pods' events, each as one text; again from the first when there are too few. */
  async #sample(batch: number): Promise<string[]> {
    const { rows } = await this.client.query<Record<string, string>>(
      `select ${COLUMNS.map(([name]) => `${name}::text`).join(', ')} from events
        where resource = 'pods' and type = 'Created' order by position desc limit $1`,
      [batch],
    );
    if (rows.length === 0) throw new Error('the log has no pods to take as a sample');
    const whole = Array.from({ length: batch }, (_, i) => rows[i % rows.length] as Record<string, string>);
    return COLUMNS.map(([name]) => whole.map((row) => row[name]).join(CUT));
  }
}
