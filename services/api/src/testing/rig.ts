import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeSigningKeys } from '@shiplog/pki';
import { build, eventually, freePort, ServiceProcess, TestNats, TestPostgres, type Ended } from '@shiplog/testing';
import { Pool } from 'undici';
import { makeCertificate } from './certificate';

export const TOKEN = 'test-token';
const REPOSITORY = join(__dirname, '../../../..');

export interface HttpAnswer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** NATS, Postgres, a journal and an api, each a process of its own, and kubectl to speak to them. */
export class Rig {
  readonly #services = new Map<string, ServiceProcess>();
  #connections: Pool;

  private constructor(
    readonly nats: TestNats,
    readonly postgres: TestPostgres,
    readonly directory: string,
    readonly port: number,
    private readonly databaseUrl: string,
    ca: string,
  ) {
    this.#connections = this.#connectionsTo(ca);
  }

  /** Compiles what changed, and starts everything; resolves when the api serves. What does not come up leaves nothing behind. */
  static async start(): Promise<Rig> {
    const [nats, postgres] = await Promise.all([TestNats.start(), TestPostgres.start(), build()]);
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-api-'));
    const { ca, cert, key } = await makeCertificate();
    await writeFile(join(directory, 'ca.pem'), ca);
    await writeFile(join(directory, 'cert.pem'), cert);
    await writeFile(join(directory, 'key.pem'), key, { mode: 0o600 });
    await writeFile(join(directory, 'tokens.csv'), `${TOKEN},admin,1,"system:masters"\n`, { mode: 0o600 });
    await writeFile(join(directory, 'sa.key'), makeSigningKeys().privateKey, { mode: 0o600 });
    const clients = await makeAuthority('shiplog test clients', { days: 1, now: Date.now() });
    await writeFile(join(directory, 'client-ca.pem'), clients.certificate);
    await writeFile(join(directory, 'client-ca.key'), clients.key, { mode: 0o600 });
    const rig = new Rig(nats, postgres, directory, await freePort(), await postgres.database('shiplog'), ca);
    await writeFile(join(directory, 'kubeconfig'), rig.#kubeconfig());
    try {
      rig.startJournal();
      rig.startApi();
      await rig.ready();
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** What the api has logged since it was started last. */
  get said(): string {
    return this.#services.get('api')?.said ?? '';
  }

  /** Memory that the api holds, in bytes. */
  get apiMemory(): number {
    const status = readFileSync(`/proc/${this.#services.get('api')?.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  startJournal(): void {
    this.#run('journal', { DATABASE_URL: this.databaseUrl });
  }

  startApi(env: Record<string, string> = {}): void {
    this.#run('api', { ...this.#apiEnv(), ...env });
  }

  /** One more api of the same cluster: how to ask it, and how to end it. */
  async startAnotherApi(): Promise<{ http: Rig['http']; stop: () => Promise<void> }> {
    const port = await freePort();
    const env = { NATS_URL: this.nats.url, ...this.#apiEnv(), API_PORT: String(port) };
    const service = ServiceProcess.run('api', 'api-2', env);
    const origin = `https://127.0.0.1:${port}`;
    const connections = this.#connectionsTo(readFileSync(join(this.directory, 'ca.pem'), 'utf8'), origin);
    const http: Rig['http'] = (...request) => ask(connections, ...request);
    await eventually(async () => (await http('GET', '/readyz').catch(() => undefined))?.code === 200, {
      timeoutMs: 30_000,
    });
    const stop = async (): Promise<void> => {
      await connections.destroy();
      await service.stop('SIGTERM');
    };
    return { http, stop };
  }

  /** Starts one more api that can't start; answers how it ended. */
  failToStart(env: Record<string, string>): Promise<Ended> {
    return ServiceProcess.run('api', 'failing', { NATS_URL: this.nats.url, ...this.#apiEnv(), ...env }).ended;
  }

  /** Has `http` trust another certificate of the server. */
  trust(ca: string): void {
    void this.#connections.destroy();
    this.#connections = this.#connectionsTo(ca);
  }

  /** Resolves when the api serves and what every cluster has is there. */
  async ready(): Promise<void> {
    await eventually(async () => (await this.http('GET', '/readyz')).code === 200, { timeoutMs: 30_000 });
  }

  async stopService(name: 'journal' | 'api', signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#services.get(name)?.stop(signal);
  }

  /** Folds the whole log anew, with nothing but the database, and compares with the live journal: the result's line of JSON. */
  async rebuild(): Promise<{ hash: string; position: number; comparison: unknown }> {
    const program = join(REPOSITORY, 'dist', 'services', 'journal', 'src', 'rebuild.js');
    const env = { ...process.env, DATABASE_URL: this.databaseUrl, NATS_URL: this.nats.url, REBUILD_JSON: '1' };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await once(child, 'close');
    return JSON.parse(out.trim().split('\n').at(-1) ?? '') as { hash: string; position: number; comparison: unknown };
  }

  /** Ends everything and removes every trace. */
  async stop(): Promise<void> {
    await this.#connections.destroy();
    await Promise.all([this.stopService('api'), this.stopService('journal')]);
    await Promise.all([this.nats.stop(), this.postgres.stop()]);
    await rm(this.directory, { recursive: true, force: true });
  }

  /** What kubectl prints. Throws with what it says on standard error when it fails. */
  async kubectl(
    args: string,
    options: { input?: string; env?: Record<string, string>; binary?: string } = {},
  ): Promise<string> {
    const words = args.match(/(?:'[^']*'|[^\s'])+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
    const child = spawn(options.binary ?? 'kubectl', words, { env: this.kubectlEnv(options.env) });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.end(options.input ?? '');
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`kubectl ${args}: exit ${code}: ${err}${out}`);
    return out + err;
  }

  kubectlEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
    const cache = join(this.directory, 'kube-cache');
    return {
      ...process.env,
      KUBECONFIG: join(this.directory, 'kubeconfig'),
      KUBECACHEDIR: cache,
      HOME: this.directory,
      ...extra,
    };
  }

  /** One request with the admin's token (or other headers), answered whole. */
  async http(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return ask(this.#connections, method, path, body, headers);
  }

  /** @param ca the authority of the server's certificate */
  #connectionsTo(ca: string, origin = this.url): Pool {
    return new Pool(origin, { connections: 256, connect: { ca } });
  }

  #apiEnv(): Record<string, string> {
    return {
      API_PORT: String(this.port),
      ADVERTISE_ADDRESS: '192.0.2.1',
      TLS_CERT_FILE: join(this.directory, 'cert.pem'),
      TLS_KEY_FILE: join(this.directory, 'key.pem'),
      TOKEN_FILE: join(this.directory, 'tokens.csv'),
      ROOT_CA_FILE: join(this.directory, 'ca.pem'),
      CLIENT_CA_FILE: join(this.directory, 'client-ca.pem'),
      SERVICE_ACCOUNT_KEY_FILE: join(this.directory, 'sa.key'),
    };
  }

  #run(service: 'journal' | 'api', env: Record<string, string>): void {
    const settings = { NATS_URL: this.nats.url, LOG_LEVEL: 'info', ...env };
    this.#services.set(service, ServiceProcess.run(service, `${service}-1`, settings));
  }

  #kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [
        { name: 'test', cluster: { server: this.url, 'certificate-authority': join(this.directory, 'ca.pem') } },
      ],
      users: [{ name: 'admin', user: { token: TOKEN } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    });
  }
}

async function ask(
  connections: Pool,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const answer = await connections.request({
    method,
    path,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { code: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}
