import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports';

const USER = 'postgres';
const PASSWORD = 'test';

/** A Postgres server of a test's own, that can be stopped and started again over the same data. */
export class TestPostgres {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    readonly port: number,
  ) {}

  static async start(): Promise<TestPostgres> {
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-postgres-'));
    // As root, Postgres runs as a user of its own, who must be able to pass through here.
    await chmod(directory, 0o755);
    const postgres = new TestPostgres(directory, await freePort());
    await postgres.#run({ initialise: true });
    return postgres;
  }

  /** Of one of its databases. */
  url(database = 'postgres'): string {
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}/${database}`;
  }

  /** A new, empty database; returns its URL. */
  async database(name: string): Promise<string> {
    const client = new Client({ connectionString: this.url() });
    await client.connect();
    await client.query(`create database ${client.escapeIdentifier(name)}`);
    await client.end();
    return this.url(name);
  }

  /** Stops the server at once (Postgres' fast shutdown: open transactions are rolled back). */
  async pause(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async resume(): Promise<void> {
    await this.#run({ initialise: false });
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #run({ initialise }: { initialise: boolean }): Promise<void> {
    const options = {
      initialise,
      databaseDir: join(this.directory, 'data'),
      user: USER,
      password: PASSWORD,
      port: this.port,
      initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
    };
    const script = join(__dirname, 'postgres-process.mjs');
    const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`Postgres ended (${code}): ${said}`)));
      child.stdout.once('data', () => resolve());
    });
  }
}
