import { newCommandId, type Bus } from '@shiplog/bus';
import { HistoryQuery, ObjectQuery, type AnyCommand, type Identity } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { Attacker } from './support/attacker';
import { TestCluster } from './support/cluster';

const VERA: Identity = { role: 'user', name: 'vera' };

/** Somebody who may read one namespace, and nothing else, at the doors of a whole cluster that kubectl does not know of. */
describe('a user who may only read one namespace, over NATS', () => {
  const cluster = new TestCluster();
  let bus: Bus;
  let vera: Attacker;
  let namespace = '';

  beforeAll(async () => {
    namespace = `rights-${process.pid}`;
    await cluster.kubectl('create', 'namespace', namespace);
    for (const at of [namespace, 'default']) {
      await cluster.kubectl('-n', at, 'create', 'configmap', 'mine', '--from-literal=a=b');
      await cluster.kubectl('-n', at, 'create', 'secret', 'generic', 'hidden', '--from-literal=a=b');
    }
    await cluster.kubectl('-n', namespace, 'create', 'rolebinding', 'vera', '--clusterrole=view', '--user=vera');
    await cluster.admit(VERA);
    bus = await eventually(() => cluster.bus(VERA));
    vera = await Attacker.as(cluster, VERA);
  });
  afterAll(async () => {
    await vera?.close();
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    for (const kind of ['configmap/mine', 'secret/hidden']) await cluster.kubectl('delete', kind);
    await cluster.close();
  });

  const key = (resource: string, at = namespace, name = resource === 'secrets' ? 'hidden' : 'mine') => ({
    resource,
    namespace: at,
    name,
  });
  const send = (command: Pick<AnyCommand, 'type' | 'data'>) =>
    bus.command({ id: newCommandId(), actor: 'vera', ...command } as AnyCommand);

  it('is told what is in it, and how that came to be', async () => {
    expect((await bus.ask(ObjectQuery, { key: key('configmaps') })).object).toMatchObject({ data: { a: 'b' } });
    expect((await bus.ask(HistoryQuery, { key: key('configmaps') })).events).toHaveLength(1);
  });

  it.each([
    ['a Secret of it', () => ObjectQuery, () => ({ key: key('secrets') })],
    ['what is elsewhere', () => ObjectQuery, () => ({ key: key('configmaps', 'default') })],
    ['what was elsewhere', () => ObjectQuery, () => ({ key: key('secrets', 'default'), at: 1_000_000 })],
    ['the history of a Secret', () => HistoryQuery, () => ({ key: key('secrets') })],
    ['all history', () => HistoryQuery, () => ({})],
  ])('is not told of %s', async (_, query, payload) => {
    await expect(bus.ask(query() as typeof ObjectQuery, payload() as never)).rejects.toMatchObject({
      status: { code: 403, message: expect.stringContaining('User "vera" cannot') as string },
    });
  });

  it.each<[string, () => Pick<AnyCommand, 'type' | 'data'>]>([
    ['deletes', () => ({ type: 'DeleteObject', data: key('configmaps') })],
    ['patches', () => ({ type: 'PatchObject', data: { ...key('configmaps'), patchType: 'merge', patch: {} } })],
    [
      'patches on trial',
      () => ({ type: 'PatchObject', data: { ...key('configmaps'), patchType: 'merge', patch: {}, dryRun: true } }),
    ],
    ['evicts a pod', () => ({ type: 'EvictPod', data: { namespace, name: 'p' } })],
  ])('changes nothing: %s', async (_, command) => {
    expect(await send(command())).toMatchObject({ ok: false, status: { code: 403, reason: 'Forbidden' } });
  });

  it.each(['shiplog.v1.event.>', 'shiplog.v1.event.configmaps.>', 'shiplog.v1.commit.*', '_INBOX.>', '>'])(
    'hears nothing on %s',
    async (subject) => expect((await vera.listen(subject)).refused).toBe(true),
  );
});
