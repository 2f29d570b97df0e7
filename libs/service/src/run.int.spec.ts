import { Health, SERVICE_ROLES } from '@shiplog/contracts';
import { build, eventually, Program, programOf, TestNats, type Ended } from '@shiplog/testing';

/** Runs a service's program to its end; `stopWhen` ends it with SIGTERM. */
async function run(
  service: string,
  env: Record<string, string>,
  args: string[] = [],
  stopWhen?: Promise<unknown>,
): Promise<Ended> {
  const program = Program.start([programOf(service), ...args], { PATH: process.env.PATH, ...env });
  void stopWhen?.then(() => program.signal('SIGTERM'));
  return await program.ended;
}

describe('every service', () => {
  beforeAll(build);

  it.each(SERVICE_ROLES)('%s stops at a wrong setting with a sentence that says which and why', async (service) => {
    const { code, err } = await run(service, { NATS_URL: 'http://here', NODE_NAME: 'n' });
    expect(code).toBe(64);
    expect(err).toContain(
      `${service} can't start: NATS_URL is "http://here", which is not of the form tls://host:4222`,
    );
  });

  it.each(SERVICE_ROLES)('%s --help names every setting with its default', async (service) => {
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
