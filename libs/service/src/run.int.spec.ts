import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Health } from '@shiplog/contracts';
import { eventually, TestNats } from '@shiplog/testing';

const ROOT = resolve(__dirname, '../../..');
const SERVICES = ['journal', 'api', 'scheduler', 'controller', 'kubelet', 'network', 'proxy'];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a service's program to its end; `stopWhen` ends it with SIGTERM. */
async function run(
  service: string,
  env: Record<string, string>,
  args: string[] = [],
  stopWhen?: Promise<unknown>,
): Promise<Ended> {
  const child = spawn(process.execPath, [`dist/services/${service}/src/main.js`, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  void stopWhen?.then(() => child.kill('SIGTERM'));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

describe('every service', () => {
  beforeAll(() => promisify(execFile)(process.execPath, ['infra/build.mjs'], { cwd: ROOT }));

  it.each(SERVICES)('%s stops at a wrong setting with a sentence that says which and why', async (service) => {
    const { code, err } = await run(service, { NATS_URL: 'http://here', NODE_NAME: 'n' });
    expect(code).toBe(64);
    expect(err).toContain(
      `${service} can't start: NATS_URL is "http://here", which is not of the form tls://host:4222`,
    );
  });

  it.each(SERVICES)('%s --help names every setting with its default', async (service) => {
    const { code, out } = await run(service, {}, ['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/NATS_URL +Where NATS is.* \(default nats:\/\/127\.0\.0\.1:4222\)/);
    expect(out).toMatch(/STALL_LIMIT +How long the event loop may stand still.* \(default 10s\)/);
  });

  it('answers for its health over NATS, logs JSON lines, and stops in order when told', async () => {
    const nats = await TestNats.start();
    const bus = await nats.bus('operator', { role: 'operator', name: 'spec' });
    const heard = eventually(() => bus.ask(Health, {}, { service: 'scheduler', instance: 'one' }, { timeoutMs: 500 }));
    const { code, out } = await run('scheduler', { NATS_URL: nats.url, INSTANCE: 'one', LOG_LEVEL: 'info' }, [], heard);
    expect(await heard).toMatchObject({ service: 'scheduler', instance: 'one', ready: false });
    expect(code).toBe(0);
    const messages = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { service: string; msg: string });
    expect(messages.every(({ service }) => service === 'scheduler')).toBe(true);
    expect(messages.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['stopping', 'stopped']));
    await nats.stop();
  });
});
