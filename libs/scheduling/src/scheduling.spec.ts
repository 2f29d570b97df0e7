import { ClusterState, type AppliedEvent } from '@shiplog/cluster';
import type { StoredNode } from '@shiplog/kube';
import { policyOf } from './policy';
import { Scheduling, type Proposal } from './scheduling';
import { aNamespace, aNode, aPod, aPolicy, applied, type PodTraits } from './testing/builders';

const SEED = 1;
const NOTHING = { active: 0, inFlight: 0, backoff: 0, unschedulable: 0, gated: 0 };
const start = (...batch: AppliedEvent[]): Scheduling => {
  const scheduling = new Scheduling('default-scheduler', policyOf('default/1'));
  scheduling.apply(batch);
  return scheduling;
};
const node = (name: string, traits = {}, position = 1) => applied('nodes', undefined, aNode(name, traits), position);
const pod = (name: string, traits: PodTraits = {}, position = 1) =>
  applied('pods', undefined, aPod(name, traits), position);
const changed = (before: StoredNode, after: StoredNode, position = 50) => applied('nodes', before, after, position);
const names = (proposal: Proposal | undefined) => proposal?.bindings.map(({ name }) => name);

describe('which pods are scheduled', () => {
  it('binds pods without a node that ask for this scheduler', () => {
    const proposal = start(node('a'), pod('p', {}, 12)).decide(SEED, 10);
    expect(proposal?.bindings).toEqual([
      expect.objectContaining({ namespace: 'default', name: 'p', uid: 'uid-p', node: 'a', cause: 12 }),
    ]);
    expect(proposal?.marks).toEqual([]);
  });

  it.each<[string, PodTraits]>([
    ['has a node', { nodeName: 'a' }],
    ['is being deleted', { deleting: true }],
    ['wants another scheduler', { schedulerName: 'mine' }],
    ['is gated', { schedulingGates: [{ name: 'wait' }] }],
    ['has ended', { phase: 'Failed' }],
  ])('leaves a pod alone that %s', (_, traits) => {
    expect(start(node('a'), pod('p', traits)).decide(SEED, 10)).toBeUndefined();
  });

  it('takes in a whole state bit by bit, and each pod as it is when its turn comes', () => {
    const state = new ClusterState();
    for (let n = 0; n < 2_500; n++) state.put('pods', aPod(`p-${String(n).padStart(4, '0')}`));
    const scheduling = start(node('a'));
    const loading = scheduling.load(state);
    expect(loading.next().done).toBe(false);
    expect(scheduling.counts.active).toBeLessThan(1_500);
    state.remove('pods', 'default', 'p-2000');
    const bound = aPod('p-2001', { nodeName: 'a' });
    state.put('pods', bound);
    scheduling.apply([applied('pods', aPod('p-2001'), bound)]);
    expect([...loading]).toHaveLength(1);
    expect(scheduling.counts.active).toBe(2_498);
  });

  it('takes a gated pod when its gates are gone', () => {
    const gates = ['wait', 'wait-longer'].map((name) => ({ name }));
    const [gated, halfway] = [aPod('p', { schedulingGates: gates }), aPod('p', { schedulingGates: gates.slice(1) })];
    const scheduling = start(node('a'), applied('pods', undefined, gated));
    expect(scheduling.counts).toEqual({ ...NOTHING, gated: 1 });
    scheduling.apply([applied('pods', gated, halfway)]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
    scheduling.apply([applied('pods', halfway, aPod('p'))]);
    expect(scheduling.counts).toEqual({ ...NOTHING, active: 1 });
    expect(names(scheduling.decide(SEED, 10))).toEqual(['p']);
  });

  it('takes higher priority first, then older ones, then those it knew first', () => {
    const scheduling = start(
      node('a'),
      pod('late', {}, 5),
      pod('early', {}, 3),
      pod('old', { age: 60 }, 9),
      pod('urgent', { priority: 100 }, 10),
    );
    expect(names(scheduling.decide(SEED, 3))).toEqual(['urgent', 'old', 'early']);
    expect(names(scheduling.decide(SEED, 3))).toEqual(['late']);
  });
});

describe('pods whose binding is under way', () => {
  it('are not decided on again until the answer, also when they change', () => {
    const scheduling = start(node('a'), pod('p'));
    scheduling.decide(SEED, 10);
    scheduling.apply([applied('pods', aPod('p'), aPod('p', { priority: 3 }))]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
  });

  it('leave the queue when they are seen with a node', () => {
    const scheduling = start(node('a'), pod('p'));
    scheduling.decide(SEED, 10);
    scheduling.apply([applied('pods', aPod('p'), aPod('p', { nodeName: 'a' }))]);
    expect(scheduling.counts).toEqual(NOTHING);
  });

  it('are looked at again when refused: at once the first time, then after a rest, a longer one each time', () => {
    const scheduling = start(node('a'), pod('p'));
    const refused = [{ ok: false as const, status: {} }];
    const again = () => scheduling.decide(SEED, 10)?.bindings ?? [];
    scheduling.tick(5_000);
    scheduling.settle(again(), refused);
    scheduling.settle(again(), refused);
    expect(again()).toEqual([]);
    expect(scheduling.counts).toEqual({ ...NOTHING, backoff: 1 });
    expect(scheduling.dueAt).toBe(5_100);
    scheduling.tick(5_100);
    scheduling.settle(again(), refused);
    expect(scheduling.dueAt).toBe(5_300);
  });

  it('are forgotten when the pod is gone, and another one of its name is a new one', () => {
    const scheduling = start(node('a'), pod('p'));
    const proposal = scheduling.decide(SEED, 10);
    scheduling.apply([applied('pods', aPod('p'), aPod('p', { uid: 'other' }))]);
    scheduling.settle(proposal?.bindings ?? [], [{ ok: false, status: {} }]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ uid: 'other' }]);
  });
});

describe('pods that fit nowhere', () => {
  const big: PodTraits = { requests: { cpu: '3' } };

  it('are marked with the reason, once', () => {
    const sentence = '0/1 nodes are available: 1 Insufficient cpu.';
    const scheduling = start(node('a', { allocatable: { cpu: '2' } }), pod('p', big, 8));
    expect(scheduling.decide(SEED, 10)?.marks).toMatchObject([{ name: 'p', message: sentence, cause: 8 }]);
    scheduling.apply([
      applied('pods', aPod('p', big), aPod('p', { ...big, message: sentence })),
      node('b', { unschedulable: true }),
    ]);
    expect(scheduling.decide(SEED, 10)?.marks).toMatchObject([
      { message: '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.' },
    ]);
  });

  it('are not marked again with what their condition says already, such as after a restart', () => {
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    const scheduling = start(node('a', { allocatable: { cpu: '2' } }), pod('p', { ...big, message }));
    expect(scheduling.decide(SEED, 10)).toEqual({ bindings: [], preemptions: [], marks: [], reservations: [] });
  });

  const cordoned = aNode('a', { unschedulable: true });
  const small = aNode('a', { allocatable: { cpu: '1' } });
  const tainted = aNode('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] });
  const runs = aPod('runs', { requests: { cpu: '2' }, nodeName: 'a' });
  it.each<[string, StoredNode[], PodTraits, AppliedEvent]>([
    ['a node is added', [cordoned], {}, node('b', {}, 50)],
    ['the first node is added', [], {}, node('b', {}, 50)],
    ['a node is uncordoned', [cordoned], {}, changed(cordoned, aNode('a'))],
    ['a taint is lifted', [tainted], {}, changed(tainted, aNode('a'))],
    [
      'a label is set',
      [aNode('a')],
      { nodeSelector: { x: 'y' } },
      changed(aNode('a'), aNode('a', { labels: { x: 'y' } })),
    ],
    ['a node offers more', [small], big, changed(small, aNode('a', { allocatable: { cpu: '8' } }))],
    ['a pod is deleted', [aNode('a')], big, applied('pods', runs, undefined, 50)],
    ['a pod ends', [aNode('a')], big, applied('pods', runs, aPod('runs', { nodeName: 'a', phase: 'Succeeded' }), 50)],
  ])('come back when %s, for which that is the cause', (_, nodes, traits, event) => {
    const running = nodes.some(({ metadata }) => metadata.name === 'a') ? [applied('pods', undefined, runs)] : [];
    const scheduling = start(
      ...nodes.map((item) => applied('nodes', undefined, item)),
      ...running,
      pod('p', traits, 7),
    );
    expect(scheduling.decide(SEED, 10)?.bindings).toEqual([]);
    scheduling.apply([event]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ name: 'p', cause: 50 }]);
  });

  it('wait on when what changed cannot help', () => {
    const scheduling = start(node('a', { allocatable: { cpu: '1' } }), pod('p', big), applied('pods', undefined, runs));
    scheduling.decide(SEED, 10);
    scheduling.apply([
      applied('nodes', small, { ...small, metadata: { ...small.metadata, labels: { x: 'y' } } }),
      applied('pods', runs, undefined),
    ]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
  });

  it('are told what refuses them by now, after the first rule refuses no more, and wait for what helps against that', () => {
    const port = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    const [holds, other] = [aPod('holds', { ...port, nodeName: 'a' }), aPod('other', { nodeName: 'a' })];
    const running = [holds, other].map((item) => applied('pods', undefined, item));
    const scheduling = start(node('a'), ...running, pod('p', port));
    expect(scheduling.decide(SEED, 10)?.bindings).toEqual([]);
    const full = aNode('a', { allocatable: { pods: '1' } });
    scheduling.apply([changed(aNode('a'), full, 51)]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
    scheduling.apply([applied('pods', holds, undefined, 52)]);
    expect(scheduling.decide(SEED, 10)?.marks).toMatchObject([
      { message: '0/1 nodes are available: 1 Too many pods.', cause: 52 },
    ]);
    scheduling.tick(1_000);
    scheduling.apply([changed(full, aNode('a'), 53)]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ name: 'p', cause: 53 }]);
  });

  it('rest when they are brought back in vain, a second and twice as long each time, up to ten', () => {
    const scheduling = start(applied('nodes', undefined, cordoned), pod('p'));
    let now = 0;
    const rests: number[] = [];
    for (let round = 0; round < 7; round++) {
      scheduling.decide(SEED, 10);
      // By the time that it is looked at, no node takes it again.
      scheduling.apply([changed(cordoned, aNode('a'))]);
      scheduling.apply([changed(aNode('a'), cordoned)]);
      const due = scheduling.counts.backoff === 1 ? (scheduling.dueAt ?? 0) : now;
      rests.push(due - now);
      scheduling.tick((now = due));
      expect(scheduling.counts).toEqual({ ...NOTHING, active: 1 });
    }
    expect(rests).toEqual([0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('are looked at after five minutes at the latest, a share at a time', () => {
    const scheduling = start(
      node('a', { unschedulable: true }),
      ...Array.from({ length: 1_500 }, (_, i) => pod(`p${i}`)),
    );
    scheduling.tick(1_000);
    scheduling.decide(SEED, 2_000);
    expect(scheduling.counts).toEqual({ ...NOTHING, unschedulable: 1_500 });
    expect(scheduling.dueAt).toBe(301_000);
    scheduling.tick(300_999);
    expect(scheduling.counts.active).toBe(0);
    scheduling.tick(301_000);
    expect(scheduling.counts).toEqual({ ...NOTHING, active: 1_000, unschedulable: 500 });
    scheduling.tick(301_001);
    expect(scheduling.counts.active).toBe(1_500);
  });

  it('are looked for bit by bit when an event concerns thousands of them, and nothing that happens meanwhile is lost', () => {
    const pods = Array.from({ length: 3_000 }, (_, i) => pod(`p${i}`, big));
    const [small, large] = [aNode('a', { allocatable: { cpu: '1' } }), aNode('a', { allocatable: { cpu: '9' } })];
    const scheduling = start(applied('nodes', undefined, small), ...pods);
    scheduling.decide(SEED, 5_000);
    scheduling.apply([changed(small, large)]);
    expect(scheduling.hasMore).toBe(true);
    expect(scheduling.counts.active).toBeLessThan(2_000);
    scheduling.apply([pod('one-more', big)]);
    for (let turns = 0; turns < 30 && scheduling.counts.unschedulable > 0; turns++) scheduling.apply([]);
    expect(scheduling.counts).toEqual({ ...NOTHING, active: 3_001 });
  });

  it('come back when their own wishes change', () => {
    const before = aPod('p', { nodeSelector: { x: 'y' } });
    const scheduling = start(node('a'), applied('pods', undefined, before));
    scheduling.decide(SEED, 10);
    scheduling.apply([applied('pods', before, aPod('p'), 33)]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ name: 'p', cause: 33 }]);
  });

  it('stay put when only their status changes', () => {
    const before = aPod('p', big);
    const scheduling = start(node('a', { allocatable: { cpu: '1' } }), applied('pods', undefined, before));
    scheduling.decide(SEED, 10);
    scheduling.apply([applied('pods', before, { ...before, status: { phase: 'Pending' } })]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
  });

  it('wait only for their turn when pods of the same batch took what they need', () => {
    const scheduling = start(node('a'), pod('one', big, 1), pod('two', big, 2));
    expect(scheduling.decide(SEED, 10)).toMatchObject({ bindings: [{ name: 'one' }], marks: [] });
    scheduling.apply([applied('pods', aPod('one', big), aPod('one', { ...big, nodeName: 'a' }))]);
    expect(scheduling.decide(SEED, 10)).toMatchObject({ bindings: [], marks: [{ name: 'two' }] });
  });
});

describe('pods that name a policy', () => {
  const POLICIES = 'schedulingpolicies.scheduling.shiplog.dev';
  const packing = aPolicy('packing', { scores: [{ name: 'NodeResourcesMostAllocated', weight: 1 }] });
  const waiting = (...more: AppliedEvent[]): Scheduling => {
    const scheduling = start(node('a'), pod('p', { policy: 'packing' }), ...more);
    expect(scheduling.decide(SEED, 10)?.marks).toMatchObject([
      { message: '0/1 nodes are available: scheduling policy "packing" not found.' },
    ]);
    return scheduling;
  };

  it('are decided on when it comes, and not when another one does', () => {
    const scheduling = waiting();
    scheduling.apply([applied(POLICIES, undefined, aPolicy('other'), 20)]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
    scheduling.apply([applied(POLICIES, undefined, packing, 30)]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ cause: 30, decision: { policy: 'packing/1' } }]);
  });

  it('are decided on when they name another one', () => {
    const scheduling = waiting();
    scheduling.apply([applied('pods', aPod('p', { policy: 'packing' }), aPod('p', { policy: 'default' }), 20)]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ decision: { policy: 'default/1' } }]);
  });

  it('are decided on by the version of the time, again when there is another', () => {
    const strict = aPolicy('packing', {}, 1);
    const loose = aPolicy('packing', { filters: ['NodeName'] }, 2);
    const scheduling = start(
      applied(POLICIES, undefined, strict),
      node('a', { unschedulable: true }),
      pod('p', { policy: 'packing' }),
      pod('q'),
    );
    expect(scheduling.decide(SEED, 10)?.marks).toHaveLength(2);
    scheduling.apply([applied(POLICIES, strict, { ...strict, metadata: { ...strict.metadata, labels: {} } }, 20)]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
    scheduling.apply([applied(POLICIES, strict, loose, 30)]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ name: 'p', decision: { policy: 'packing/2' } }]);
    scheduling.apply([applied(POLICIES, loose, undefined, 40)]);
    expect(scheduling.counts.active).toBe(0);
  });

  it('are decided on when their namespace names another one, or none', () => {
    const named = aNamespace('default', {}, 'packing');
    const scheduling = start(
      applied('namespaces', undefined, named),
      node('a'),
      pod('p'),
      pod('q', { namespace: 'z' }),
    );
    expect(names(scheduling.decide(SEED, 10))).toEqual(['q']);
    scheduling.apply([applied('namespaces', named, aNamespace('default', {}, 'packing'), 20)]);
    expect(scheduling.decide(SEED, 10)).toBeUndefined();
    scheduling.apply([applied('namespaces', named, aNamespace('default', {}), 30)]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ name: 'p', cause: 30 }]);
  });

  it('are known to a scheduler that takes in a whole state', () => {
    const state = new ClusterState();
    state.put('namespaces', aNamespace('default', {}, 'packing'));
    state.put(POLICIES, packing);
    state.put('pods', aPod('p'));
    const scheduling = start(node('a'));
    expect([...scheduling.load(state)]).toEqual([]);
    expect(scheduling.decide(SEED, 10)?.bindings).toMatchObject([{ decision: { policy: 'packing/1' } }]);
  });
});
