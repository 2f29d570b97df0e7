import type { LogEvent } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import { eventually, TestSystem } from '@shiplog/testing';
import { decidedAgain, schedulersLog } from './testing/decided-again';

const aPod = (name: string, spec: object = {}) => ({
  metadata: { name, labels: { app: 'test' } },
  spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
});
const asking = (cpu: string) => ({
  containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu } } }],
});

const NO_VICTIMS = 'No preemption victims found for incoming pod';
const UNHELPFUL = 'Preemption is not helpful for scheduling';

/** Why no node takes a pod, all for one reason, nor would if others went. */
function said(nodes: number, reason: string, preemption: string): string {
  return [reason, preemption].map((why) => `0/${nodes} nodes are available: ${nodes} ${why}.`).join(' preemption: ');
}

describe('the scheduler on a real journal', () => {
  let system: TestSystem;
  let seen: Projection;

  const pod = (name: string) => seen.get('pods', 'default', name);
  const nodeOf = (name: string) => pod(name)?.spec?.nodeName;
  const messageOf = (name: string) =>
    pod(name)?.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
  const addNode = (name: string, cpu = '8', spec: object = {}) =>
    system.create('nodes', {
      metadata: { name },
      spec,
      status: { allocatable: { cpu, memory: '32Gi', pods: '500' }, capacity: { cpu, memory: '32Gi', pods: '500' } },
    });
  const log = (): Promise<LogEvent[]> => schedulersLog(system.bus);
  const createPods = (prefix: string, count: number, spec: object = {}) =>
    Promise.all(Array.from({ length: count }, (_, i) => system.create('pods', aPod(`${prefix}-${i}`, spec))));
  const bound = (prefix: string) =>
    seen.list('pods').filter(({ metadata, spec }) => metadata.name.startsWith(`${prefix}-`) && spec?.nodeName);

  beforeEach(async () => {
    system = await TestSystem.start();
    seen = await system.projection();
    await system.create('namespaces', { metadata: { name: 'default' } });
    await system.run('scheduler', 'one');
  });
  afterEach(async () => {
    await seen.close();
    await system.stop();
  });

  it('says that there are no nodes, then binds when one comes, then when it is uncordoned', async () => {
    await system.create('pods', aPod('first'));
    await eventually(() => messageOf('first') === 'no nodes available to schedule pods');
    await addNode('a');
    await eventually(() => nodeOf('first') === 'a');
    await system.patch('nodes', 'a', { spec: { unschedulable: true } });
    await system.create('pods', aPod('second'));
    await eventually(() => messageOf('second') === said(1, 'node(s) were unschedulable', UNHELPFUL));
    await system.patch('nodes', 'a', { spec: { unschedulable: false } });
    await eventually(() => nodeOf('second') === 'a');
  });

  it('leaves a gated pod alone until its last gate is gone', async () => {
    await addNode('a');
    const schedulingGates = [{ name: 'example.com/quota' }, { name: 'example.com/image' }];
    await system.create('pods', aPod('gated', { schedulingGates }));
    expect(pod('gated')?.status?.conditions).toMatchObject([{ type: 'PodScheduled', reason: 'SchedulingGated' }]);
    await system.patch('pods', 'gated', { spec: { schedulingGates: schedulingGates.slice(1) } });
    await system.create('pods', aPod('other'));
    await eventually(() => nodeOf('other') === 'a');
    expect(nodeOf('gated')).toBeUndefined();
    await system.patch('pods', 'gated', { spec: { schedulingGates: null } });
    await eventually(() => nodeOf('gated') === 'a');
    expect(pod('gated')?.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
  });

  it('spreads pods over zones, keeps apart who asks for it, and says of who has no place why', async () => {
    const labels = (zone: string) => ({ metadata: { labels: { zone, 'kubernetes.io/hostname': zone } } });
    for (const zone of ['a', 'b', 'c']) {
      await addNode(zone);
      await system.patch('nodes', zone, labels(zone));
    }
    await eventually(() => seen.list('nodes').every(({ metadata }) => metadata.labels?.['zone'] !== undefined));
    const labelSelector = { matchLabels: { app: 'test' } };
    const topologySpreadConstraints = [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector },
    ];
    await createPods('even', 6, { topologySpreadConstraints });
    await eventually(() => bound('even').length === 6);
    const counts = ['a', 'b', 'c'].map((zone) => bound('even').filter(({ spec }) => spec?.nodeName === zone).length);
    expect(counts).toEqual([2, 2, 2]);

    const apart = { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'kubernetes.io/hostname' };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } };
    for (const name of ['apart-0', 'apart-1', 'apart-2', 'apart-3']) {
      const { metadata, spec } = aPod(name, { affinity });
      await system.create('pods', { metadata: { ...metadata, labels: { app: 'db' } }, spec });
    }
    await eventually(() => bound('apart').length === 3);
    expect(new Set(bound('apart').map(({ spec }) => spec?.nodeName)).size).toBe(3);
    const [left] = ['apart-0', 'apart-1', 'apart-2', 'apart-3'].filter((name) => nodeOf(name) === undefined);
    await eventually(
      () => messageOf(left ?? '') === said(3, "node(s) didn't match pod anti-affinity rules", NO_VICTIMS),
    );
    await system.delete('pods', bound('apart')[0]?.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await eventually(() => nodeOf(left ?? '') !== undefined);
  });

  it('never over-commits a node, and binds who waits when others go', async () => {
    await addNode('a', '2');
    await addNode('b', '2');
    await createPods('p', 6, asking('1'));
    await eventually(
      () => bound('p').length === 4 && seen.list('pods').filter((p) => messageOf(p.metadata.name)).length === 2,
    );
    expect(
      seen
        .list('pods')
        .map(({ metadata }) => messageOf(metadata.name))
        .filter(Boolean),
    ).toEqual(Array(2).fill(said(2, 'Insufficient cpu', NO_VICTIMS)));
    await system.delete('pods', bound('p')[0]?.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await eventually(() => bound('p').length === 4);
    for (const name of ['a', 'b']) expect(bound('p').filter(({ spec }) => spec?.nodeName === name)).toHaveLength(2);
  });

  it('records decisions that can be made again from the log alone', async () => {
    for (const name of ['a', 'b', 'c']) await addNode(name);
    await createPods('p', 40, asking('100m'));
    await eventually(() => bound('p').length === 40);
    const events = await log();
    const scheduled = events.filter(({ fact }) => fact === 'Scheduled');
    expect(scheduled).toHaveLength(40);
    for (const event of scheduled) expect(decidedAgain(events, event)).toEqual(event.data.decision);
    for (const event of scheduled) {
      expect(event.actor).toBe('system:shiplog:scheduler');
      const cause = events.find(({ position }) => position === event.cause);
      expect(cause).toMatchObject({ fact: 'Created', uid: event.uid });
    }
  });

  it('evicts a less important pod for one that fits nowhere, which goes there when that has ended; recorded, and made again', async () => {
    await system.create('priorityclasses.scheduling.k8s.io', { metadata: { name: 'high' }, value: 1000 });
    for (const name of ['a', 'b']) await addNode(name, '3');
    await createPods('low', 2, asking('2'));
    await eventually(() => bound('low').length === 2);
    await system.create('pods', aPod('urgent', { ...asking('2'), priorityClassName: 'high' }));
    await eventually(() => pod('urgent')?.status?.nominatedNodeName !== undefined);
    const node = pod('urgent')?.status?.nominatedNodeName;
    const [victim, ...others] = bound('low').filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(victim).toMatchObject({
      spec: { nodeName: node },
      status: {
        conditions: expect.arrayContaining([expect.objectContaining({ reason: 'PreemptionByScheduler' })]) as [],
      },
    });
    expect(others).toEqual([]);
    // Of the room that is made, nobody less important takes any.
    await system.create('pods', aPod('late', asking('2')));
    await eventually(() => messageOf('late')?.includes('2 Insufficient cpu.'));
    await system.delete('pods', victim?.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await eventually(() => nodeOf('urgent') === node);
    expect(nodeOf('late')).toBeUndefined();
    const events = await log();
    const evicting = events.find(({ data }) => data.decision?.preemption !== undefined)!;
    expect(evicting.data.decision?.preemption).toMatchObject({ node, violations: 0, candidates: 2 });
    expect(decidedAgain(events, evicting)).toEqual(evicting.data.decision);
  });

  it('has a standby that takes over when it is killed, and no pod is lost or bound twice', async () => {
    await system.run('scheduler', 'two');
    expect((await system.health('two')).detail).toContain('stands by');
    for (const name of ['a', 'b']) await addNode(name, '1000');
    const creating = createPods('p', 150);
    await eventually(() => bound('p').length > 20, { everyMs: 2 });
    await system.kill('one');
    await creating;
    await eventually(() => bound('p').length === 150);
    const scheduled = (await log()).filter(({ fact }) => fact === 'Scheduled');
    expect(new Set(scheduled.map(({ uid }) => uid)).size).toBe(150);
    expect(scheduled).toHaveLength(150);
  });

  it('goes on when the journal was away, and when NATS was', async () => {
    await addNode('a');
    await system.kill('journal-1');
    const creating = createPods('p', 3);
    await system.restartJournal();
    await creating;
    await eventually(() => bound('p').length === 3);
    await system.nats.pause('SIGKILL');
    await system.nats.loseStore();
    await system.nats.resume();
    await createPods('q', 3);
    await eventually(() => bound('q').length === 3, { timeoutMs: 20_000 });
  });

  it('decides on a pod in the very state that its creation made: it waits for nothing else', async () => {
    for (let i = 0; i < 20; i++) await addNode(`n${i}`, '64');
    for (let i = 0; i < 10; i++) {
      await system.create('pods', aPod(`p-${i}`));
      await eventually(() => nodeOf(`p-${i}`));
    }
    const events = await log();
    const ofFact = (fact: string) => events.filter((event) => event.fact === fact && event.resource === 'pods');
    expect(ofFact('Scheduled').map(({ name, basis }) => ({ name, basis }))).toEqual(
      ofFact('Created').map(({ name, position }) => ({ name, basis: position })),
    );
  });
});
