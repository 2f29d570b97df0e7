import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBus, type Bus } from '@shiplog/bus';
import type { Identity } from '@shiplog/contracts';
import { freePort } from './ports';

/** A NATS server of a test's own, with JetStream, that can be stopped, lose its store and come back on the same port. */
export class TestNats {
  #process: ChildProcess | undefined;
  readonly #buses: Bus[] = [];

  private constructor(
    readonly port: number,
    readonly storeDir: string,
    private readonly configFile: string | undefined,
  ) {}

  /** With the text of a configuration file, the server follows it beside its own address and store. */
  static async start(config?: string): Promise<TestNats> {
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-nats-'));
    const configFile = config === undefined ? undefined : join(directory, 'nats.conf');
    if (configFile !== undefined) await writeFile(configFile, config ?? '');
    const nats = new TestNats(await freePort(), directory, configFile);
    await nats.resume();
    return nats;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** A connection that the test ends with the server; by default it speaks for users, as an api does. */
  async bus(
    name = 'test',
    identity: Identity = { role: 'api', name },
    options: Partial<Pick<Parameters<typeof connectBus>[0], 'credentials' | 'onError' | 'url'>> = {},
  ): Promise<Bus> {
    const onError = (error: unknown, where: string): unknown => process.stderr.write(`${where}: ${String(error)}\n`);
    const bus = await connectBus({ url: this.url, name, identity, onError, ...options });
    this.#buses.push(bus);
    return bus;
  }

  /** Starts the server (again); resolves when it listens. */
  async resume(): Promise<void> {
    const config = this.configFile === undefined ? [] : ['-c', this.configFile];
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.storeDir, ...config];
    // As the launcher starts it: with Go's default the server's collector takes a third of what messages cost it.
    const env = { GOGC: '300', ...process.env };
    const server = spawn('nats-server', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`nats-server ended (${code}): ${said}`)));
      server.stderr?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4_000);
        if (said.includes('Server is ready')) resolve();
      });
    });
  }

  /** Ends the server; clients see the connection drop. */
  async pause(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, 'exit');
  }

  /** Has the server read its configuration file again. */
  reload(): void {
    this.#process?.kill('SIGHUP');
  }

  /** Deletes everything that JetStream keeps; for a paused server. */
  async loseStore(): Promise<void> {
    await rm(this.storeDir, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.connection.close()));
    await this.pause('SIGKILL');
    await this.loseStore();
  }
}
