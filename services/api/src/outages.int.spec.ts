import { eventually, ServiceProcess } from '@shiplog/testing';
import { Rig } from './testing/rig';

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

  it('claims to know the latest only while the journal is heard of, and shows what it knows to who asks for that', async () => {
    await rig.stopService('api');
    rig.startApi({ JOURNAL_SILENCE: '1s' });
    await rig.ready();
    // A journal that has nothing to tell is heard of all the same.
    for (const end = Date.now() + 3_000; Date.now() < end;) {
      expect((await rig.http('GET', path)).code).toBe(200);
    }
    const known = JSON.parse((await rig.http('GET', path)).body) as { metadata: { resourceVersion: string } };
    const version = known.metadata.resourceVersion;
    await rig.nats.pause();
    const refused = await eventually(async () => {
      const answer = await rig.http('GET', path);
      return answer.code === 503 ? answer : undefined;
    });
    expect(refused.headers['retry-after']).toBe('1');
    expect(JSON.parse(refused.body)).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
    expect((await rig.http('GET', `${path}?watch=1`)).code).toBe(503);
    const ready = await rig.http('GET', '/readyz');
    expect([ready.code, ready.body]).toEqual([500, expect.stringMatching(/\[-\]journal failed: reason withheld/)]);
    expect((await rig.http('GET', '/readyz/journal')).body).toMatch(/^internal server error: nothing was heard/);
    expect((await rig.http('GET', '/livez')).code).toBe(200);
    for (const query of [
      'resourceVersion=0',
      `resourceVersion=${version}`,
      `resourceVersion=${version}&watch=1&timeoutSeconds=1`,
    ]) {
      expect((await rig.http('GET', `${path}?${query}`)).code).toBe(200);
    }
    await rig.nats.resume();
    await eventually(async () => (await rig.http('GET', path)).code === 200, { timeoutMs: 30_000 });
    await eventually(async () => (await rig.http('GET', '/readyz')).code === 200);
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
    const { ended } = ServiceProcess.run('api', 'failing', { NATS_URL: rig.nats.url, API_PORT: 'many' });
    expect(await ended).toMatchObject({
      code: 64,
      err: expect.stringMatching(/API_PORT is "many"[^]*TOKEN_FILE must be set/) as string,
    });
  });
});
