import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { embeddedBinaries, unprivileged, type CommandLine } from '@shiplog/postgres';
import { Client } from 'pg';
import { freePort } from './ports';

const HOST = '127.0.0.1';
const USER = 'postgres';
const FAST_SHUTDOWN = 'SIGINT';
/** What Postgres does at every start is quick; a machine under load is given time. */
const START_MS = 30_000;

/** A Postgres server of a test's own, that can be stopped and started again over the same data. */
export class TestPostgres {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    readonly port: number,
  ) {}

  static async start(): Promise<TestPostgres> {
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-postgres-'));
    const postgres = new TestPostgres(directory, await freePort());
    await postgres.#initialise();
    await postgres.resume();
    return postgres;
  }

  /** Of one of its databases, as its superuser or as another role: nobody is asked for a password. */
  url(database = 'postgres', role = USER): string {
    return `postgres://${role}@${HOST}:${this.port}/${database}`;
  }

  /** A new, empty database; returns its URL. */
  async database(name: string): Promise<string> {
    const client = new Client({ connectionString: this.url() });
    await client.connect();
    await client.query(`create database ${client.escapeIdentifier(name)}`);
    await client.end();
    return this.url(name);
  }

  /** Stops the server at once: Postgres' fast shutdown rolls open transactions back; SIGKILL is a crash. */
  async pause(signal: 'SIGINT' | 'SIGKILL' = FAST_SHUTDOWN): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, 'exit');
  }

  /** Starts the server (again); resolves when it answers. */
  async resume(): Promise<void> {
    const settings = { listen_addresses: HOST, port: this.port, unix_socket_directories: '', max_connections: 100 };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { command, args } = await this.#command('postgres', ['-D', this.#data, ...options]);
    const server = spawn(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    this.#process = server;
    const stopWithTest = (): void => void server.kill('SIGKILL');
    process.once('exit', stopWithTest);
    server.once('exit', () => process.removeListener('exit', stopWithTest));
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const late = setTimeout(() => reject(new Error(`Postgres was not ready in ${START_MS} ms: ${said}`)), START_MS);
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`Postgres ended (${code}): ${said}`)));
      server.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4_000);
        if (!said.includes('ready to accept connections')) return;
        clearTimeout(late);
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.directory, 'data');
  }

  async #initialise(): Promise<void> {
    // As root, Postgres runs as a user of its own, who must be able to pass through here.
    await chmod(this.directory, 0o755);
    await mkdir(this.#data, { mode: 0o700 });
    const flags = ['-D', this.#data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const { command, args, user } = await this.#command('initdb', flags);
    if (user !== undefined) await chown(this.#data, user.uid, user.gid);
    await promisify(execFile)(command, [...args], { cwd: '/' });
  }

  #command(program: string, args: readonly string[]): Promise<CommandLine> {
    const binaries = embeddedBinaries();
    if (binaries === undefined) throw new Error('there is no embedded Postgres for this machine');
    return unprivileged(join(binaries, program), args, this.directory);
  }
}
