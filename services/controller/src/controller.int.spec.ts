import { EventsQuery, PositionQuery, type ObjectOf } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import { eventually, TestSystem } from '@shiplog/testing';
import { commonSettings, readConfig } from '@shiplog/service';
import { pause } from '@shiplog/wait';
import { decideAgain } from './again/domain/decide-again';
import { logOf } from './again/log-of';
import { controllersOfPast } from './controllers';
import { controllerSettings } from './settings';

const POD = { containers: [{ name: 'main', image: 'nginx', ports: [{ name: 'http', containerPort: 8080 }] }] };
const rcOf = (name: string, replicas: number) => ({
  metadata: { name },
  spec: { replicas, selector: { app: name }, template: { metadata: { labels: { app: name } }, spec: POD } },
});
const GRACE_MS = 2_000;
const CONTROLLER_ENV = { NODE_MONITOR_GRACE: `${GRACE_MS}ms`, POD_GC_QUARANTINE: '500ms', EVENT_TTL: '3s' };

describe('the controllers on a real journal', () => {
  let system: TestSystem;
  let seen: Projection;

  const podsOf = (app: string): ObjectOf<'pods'>[] =>
    seen.list('pods').filter((pod) => pod.metadata.labels?.['app'] === app && !pod.metadata.deletionTimestamp);
  const rc = (name: string) => seen.get('replicationcontrollers', 'default', name);
  const node = (name: string) => seen.get('nodes', '', name);
  const readiness = (name: string) => node(name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const settlesAt = (app: string, count: number) =>
    eventually(() => podsOf(app).length === count && rc(app)?.status?.replicas === count);
  const ready = (status: string) => ({ status: { conditions: [{ type: 'Ready', status }] } });

  beforeAll(async () => {
    system = await TestSystem.start();
    seen = await system.projection();
    await system.create('namespaces', { metadata: { name: 'default' } });
    await system.run('controller', 'controller-1', CONTROLLER_ENV);
  });
  afterAll(async () => {
    await seen?.close();
    await system?.stop();
  });

  it('bring a ReplicationController to the number of pods that it asks for, up and down', async () => {
    await system.create('replicationcontrollers', rcOf('web', 3));
    await settlesAt('web', 3);
    await system.patch('replicationcontrollers', 'web', { spec: { replicas: 40 } });
    await settlesAt('web', 40);
    await system.patch('replicationcontrollers', 'web', { spec: { replicas: 1 } });
    await settlesAt('web', 1);
  });

  it('list the ready pods of a Service in its Endpoints and slices', async () => {
    const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] };
    await system.create('services', { metadata: { name: 'web' }, spec });
    const [pod] = podsOf('web');
    const status = { phase: 'Running', podIP: '10.244.0.7', ...ready('True').status };
    await system.patch('pods', pod?.metadata.name ?? '', { status }, 'status');
    await eventually(() => seen.get('endpoints', 'default', 'web')?.subsets?.[0]?.addresses?.[0]?.ip === '10.244.0.7');
    await eventually(() => rc('web')?.status?.readyReplicas === 1);
    const [slice] = await eventually(() => {
      const slices = seen.list('endpointslices.discovery.k8s.io', 'default');
      return slices[0]?.endpoints?.length === 1 ? slices : undefined;
    });
    expect(slice).toMatchObject({ ports: [{ port: 8080 }], endpoints: [{ conditions: { ready: true } }] });
  });

  it('make no pod twice and lose none when killed again and again under load', async () => {
    await system.create('replicationcontrollers', rcOf('load', 0));
    for (const [round, replicas] of [60, 5, 90].entries()) {
      await system.patch('replicationcontrollers', 'load', { spec: { replicas } });
      await system.kill(`controller-${round + 1}`);
      await system.run('controller', `controller-${round + 2}`, CONTROLLER_ENV);
    }
    await settlesAt('load', 90);
    await system.delete('replicationcontrollers', 'load', { propagationPolicy: 'Background' });
    await eventually(() => podsOf('load').length === 0);
  });

  it('go on in a second instance when the one that leads is killed', async () => {
    await system.run('controller', 'standby', CONTROLLER_ENV);
    expect((await system.health('standby')).detail).toBe('stands by');
    await system.kill('controller-4');
    await eventually(async () => (await system.health('standby')).detail.startsWith('leads'));
    await system.patch('replicationcontrollers', 'web', { spec: { replicas: 4 } });
    await settlesAt('web', 4);
  });

  it('give nodes a network each, and give up the one that falls silent until it is back', async () => {
    for (const name of ['n1', 'n2']) {
      system.beats.add(name);
      await system.create('nodes', { metadata: { name } });
      await system.patch('nodes', name, ready('True'), 'status');
    }
    await eventually(
      () => node('n1')?.spec?.podCIDR === '10.244.0.0/24' && node('n2')?.spec?.podCIDR === '10.244.1.0/24',
    );
    await system.create('pods', {
      metadata: { name: 'hasty' },
      spec: { ...POD, nodeName: 'n2', tolerations: hasty() },
    });
    // One that is younger and never beats: when it is given up, those before it would have been, too.
    await system.create('nodes', { metadata: { name: 'mute' } });
    await system.patch('nodes', 'mute', ready('True'), 'status');
    await eventually(() => readiness('mute') === 'Unknown');
    expect([readiness('n1'), readiness('n2')]).toEqual(['True', 'True']);
    await system.delete('nodes', 'mute');
    system.beats.delete('n2');
    await eventually(() => readiness('n2') === 'Unknown' && node('n2')?.spec?.taints?.length === 2);
    await eventually(() => seen.get('pods', 'default', 'hasty')?.metadata.deletionTimestamp);
    expect(readiness('n1')).toBe('True');
    system.beats.add('n2');
    await system.patch('nodes', 'n2', ready('True'), 'status');
    await eventually(() => (node('n2')?.spec?.taints ?? []).length === 0);
    expect(readiness('n2')).toBe('True');
  });

  it('give no node up for an outage of NATS, and go on after it', async () => {
    await system.nats.pause('SIGKILL');
    // An outage is nothing but its length: here twice what a node may be silent.
    await pause(2 * GRACE_MS);
    await system.nats.resume();
    await system.patch('replicationcontrollers', 'web', { spec: { replicas: 6 } });
    await settlesAt('web', 6);
    expect([readiness('n1'), readiness('n2')]).toEqual(['True', 'True']);
    expect(seen.list('nodes').flatMap(({ spec }) => spec?.taints ?? [])).toEqual([]);
    system.beats.delete('n2');
    await eventually(() => readiness('n2') === 'Unknown');
    expect(readiness('n1')).toBe('True');
  });

  it('make each pod once when the journal is killed while they are being made', async () => {
    await system.create('replicationcontrollers', rcOf('burst', 0));
    const scaled = system.patch('replicationcontrollers', 'burst', { spec: { replicas: 200 } });
    await eventually(() => podsOf('burst').length > 0, { everyMs: 1 });
    await system.kill('journal-1');
    await system.restartJournal();
    await scaled;
    await settlesAt('burst', 200);
    const created: string[] = [];
    for (let after = 0, more = true; more;) {
      const page = await system.bus.ask(EventsQuery, { channels: [{ resource: 'pods' }], after });
      for (const { fact, name } of page.events) if (fact === 'Created' && name.startsWith('burst-')) created.push(name);
      ({ position: after, more } = page);
    }
    expect(created).toHaveLength(200);
    expect(new Set(created).size).toBe(200);
  });

  it('remove the pods of a node whose object is gone', async () => {
    await eventually(() => seen.get('pods', 'default', 'hasty'));
    await system.delete('nodes', 'n2');
    await eventually(() => seen.get('pods', 'default', 'hasty') === undefined);
  });

  it('forget an Event some time after it was last told', async () => {
    const event = { involvedObject: { namespace: 'default' }, source: { component: 'spec' }, reason: 'Told' };
    for (const name of ['once', 'again']) await system.create('events', { metadata: { name }, ...event });
    const later = new Date(Date.now() + 2_900).toISOString().replace(/\.\d+Z/, 'Z');
    await system.patch('events', 'again', { lastTimestamp: later, count: 2 });
    await eventually(() => seen.get('events', 'default', 'once'));
    await eventually(() => seen.get('events', 'default', 'once') === undefined, { timeoutMs: 15_000 });
    expect(seen.get('events', 'default', 'again')).toMatchObject({ count: 2 });
    await eventually(() => seen.get('events', 'default', 'again') === undefined, { timeoutMs: 15_000 });
  });

  it('empty a namespace and let it go', async () => {
    await system.create('namespaces', { metadata: { name: 'shop' } });
    await eventually(() => seen.get('serviceaccounts', 'shop', 'default'));
    await system.create('configmaps', { metadata: { name: 'settings', namespace: 'shop' } });
    await system.delete('namespaces', 'shop');
    await eventually(() => seen.get('namespaces', '', 'shop') === undefined);
    expect(seen.list('serviceaccounts', 'shop')).toEqual([]);
  });

  it('decide again from the log alone what they have decided through all this', async () => {
    const { position } = await system.bus.ask(PositionQuery, {});
    const config = { ...readConfig(controllerSettings, CONTROLLER_ENV), ...readConfig(commonSettings, {}) };
    const { equal, different, unknown } = await decideAgain(
      () => logOf(system.bus, 0, position),
      (journal) => controllersOfPast(config, journal),
    );
    expect(different).toEqual([]);
    expect(unknown).toBe(0);
    const expected = ['endpoints', 'events', 'garbage', 'namespaces', 'nodes', 'pod-cidrs', 'pod-gc', 'replication'];
    expect([...equal.keys()]).toEqual(expect.arrayContaining(expected));
  });
});

function hasty() {
  const key = 'node.kubernetes.io/unreachable';
  return [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }];
}
