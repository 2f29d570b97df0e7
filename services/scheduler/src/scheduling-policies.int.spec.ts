import { POLICY_ANNOTATION } from '@shiplog/contracts';
import type { Projection } from '@shiplog/projection';
import { DEFAULT_POLICY } from '@shiplog/scheduling';
import { eventually, TestSystem } from '@shiplog/testing';
import { decidedAgain, schedulersLog } from './testing/decided-again';

const POLICIES = 'schedulingpolicies.scheduling.shiplog.dev';
const naming = (policy: string) => ({ annotations: { [POLICY_ANNOTATION]: policy } });
const MOST = 'NodeResourcesMostAllocated';
const LEAST = 'NodeResourcesLeastAllocated';

describe('policies of scheduling on a real journal', () => {
  let system: TestSystem;
  let seen: Projection;

  const aPod = (namespace: string, name: string) => ({
    metadata: { namespace, name },
    spec: {
      containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu: '1', memory: '4Gi' } } }],
    },
  });
  const nodeOf = (namespace: string, name: string) => seen.get('pods', namespace, name)?.spec?.nodeName;
  /** One after the other, and each where the one before it has been counted. */
  const place = async (namespace: string, ...names: string[]): Promise<(string | undefined)[]> => {
    for (const name of names) {
      await system.create('pods', aPod(namespace, name));
      await eventually(() => nodeOf(namespace, name));
    }
    return names.map((name) => nodeOf(namespace, name));
  };

  beforeAll(async () => {
    system = await TestSystem.start();
    seen = await system.projection();
    await system.create('namespaces', { metadata: { name: 'default' } });
    await system.create('namespaces', { metadata: { name: 'batch', ...naming('packing') } });
    for (const name of ['a', 'b', 'c']) {
      const offered = { cpu: '8', memory: '32Gi', pods: '110' };
      await system.create('nodes', { metadata: { name }, status: { allocatable: offered, capacity: offered } });
    }
    await system.run('scheduler', 'one');
  });
  afterAll(async () => {
    await seen.close();
    await system.stop();
  });

  it('pack batch and spread services in one cluster, and each decision is made again by the version that made it', async () => {
    await system.create('pods', aPod('batch', 'first'));
    const condition = () => seen.get('pods', 'batch', 'first')?.status?.conditions?.[0];
    await eventually(() => condition()?.message);
    expect(condition()).toMatchObject({
      type: 'PodScheduled',
      reason: 'Unschedulable',
      message: '0/3 nodes are available: scheduling policy "packing" not found.',
    });

    const scores = [{ name: MOST, weight: 1 }];
    await system.create(POLICIES, { metadata: { name: 'packing' }, spec: { scores } });
    await eventually(() => nodeOf('batch', 'first'));
    const packed = nodeOf('batch', 'first');
    expect(await place('batch', 'second', 'third')).toEqual([packed, packed]);
    const others = ['a', 'b', 'c'].filter((node) => node !== packed);
    const spread = await place('default', 's1', 's2', 's3', 's4');
    expect(spread.sort()).toEqual([others[0], others[0], others[1], others[1]]);

    const otherScores = [
      { name: MOST, weight: 0 },
      { name: LEAST, weight: 1 },
    ];
    await system.patch(POLICIES, 'packing', { spec: { scores: otherScores } });
    await eventually(() => seen.get(POLICIES, '', 'packing')?.metadata.generation === 2);
    expect(await place('batch', 'fourth')).not.toEqual([packed]);
    await system.delete(POLICIES, 'packing');

    const events = await schedulersLog(system.bus);
    const decided = events.filter(({ data }) => data.decision !== undefined);
    expect(decided.map(({ name, data }) => [name, data.decision?.policy])).toEqual([
      ['first', 'packing/0'],
      ...['first', 'second', 'third'].map((name) => [name, 'packing/1']),
      ...['s1', 's2', 's3', 's4'].map((name) => [name, DEFAULT_POLICY]),
      ['fourth', 'packing/2'],
    ]);
    for (const event of decided) expect(decidedAgain(events, event)).toEqual(event.data.decision);
  });
});
