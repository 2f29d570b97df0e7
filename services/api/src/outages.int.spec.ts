import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@shiplog/testing';
import { Rig } from './testing/rig';

const run = promisify(execFile);
let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

describe('when something is away', () => {
  const path = '/api/v1/namespaces/default/configmaps';

  it('reads on without a journal, and says of writes why they can not be', async () => {
    await rig.stopService('journal', 'SIGKILL');
    await rig.stopService('api');
    rig.startApi({ COMMAND_TIMEOUT: '1s' });
    await eventually(async () => (await rig.http('GET', '/readyz')).code === 500);
    expect((await rig.http('GET', path)).code).toBe(503);
    rig.startJournal();
    await rig.ready();
    await rig.stopService('journal', 'SIGKILL');
    expect((await rig.http('GET', path)).code).toBe(200);
    const refused = await rig.http('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'never' } });
    expect([503, 504]).toContain(refused.code);
    expect(JSON.parse(refused.body)).toMatchObject({
      message: expect.stringMatching(/journal|may yet take effect/) as string,
    });
    rig.startJournal();
    await eventually(
      async () =>
        (await rig.http('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'back-' } }))
          .code === 201,
    );
  });

  it('reads on without NATS, and hears of everything once it is back', async () => {
    await rig.nats.pause();
    expect((await rig.http('GET', path)).code).toBe(200);
    await rig.nats.resume();
    await eventually(
      async () =>
        (await rig.http('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'again-' } }))
          .code === 201,
      { timeoutMs: 30_000 },
    );
  });

  it('ends watches when it stops, and stops at once', async () => {
    const watching = rig.http('GET', `${path}?watch=1`);
    await eventually(async () => (await rig.http('GET', '/readyz')).code === 200);
    const started = Date.now();
    await rig.stopService('api');
    expect((await watching).code).toBe(200);
    expect(Date.now() - started).toBeLessThan(5_000);
    rig.startApi();
    await rig.ready();
  });

  it('does not start with a setting that is wrong, and says which', async () => {
    await expect(
      run(process.execPath, [join(__dirname, '..', '..', '..', 'dist', 'services', 'api', 'src', 'main.js')], {
        env: { ...process.env, NATS_URL: rig.nats.url, API_PORT: 'many' },
      }),
    ).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/API_PORT is "many"[^]*TOKEN_FILE must be set/) as string,
    });
  });
});
