import type { CommandData, SchedulingDecision } from '@shiplog/contracts';
import { bind, cluster, create, createPod, patch, refTo, remove, type Asked, type TestCluster } from './testing/given';

type Item = CommandData['PreemptPods']['preemptions'][number];

const CLASSES = 'priorityclasses.scheduling.k8s.io';
const decision: SchedulingDecision = { policy: 'default/3', seed: 1, top: [], refused: {}, nodes: 1 };
const MESSAGE = '0/1 nodes are available: 1 Insufficient cpu.';

/** A node with two pods of no priority, and a pod of a high one that waits. */
function crowded(grace = 30): TestCluster {
  const at = cluster('n1')
    .given(create(CLASSES, 'high', { value: 1000 }))
    .given(create(CLASSES, 'middle', { value: 10 }));
  for (const name of ['v1', 'v2']) {
    at.given(createPod(name, { terminationGracePeriodSeconds: grace }));
    at.given(bind(at, name, 'n1'));
  }
  return at.given(createPod('urgent', { priorityClassName: 'high' }));
}

function item(at: TestCluster, more: Partial<Item> = {}, name = 'urgent'): Item {
  const victims = [refTo(at, 'v1'), refTo(at, 'v2')];
  return { ...refTo(at, name), node: 'n1', victims, outranked: [], message: MESSAGE, cause: 3, decision, ...more };
}

const preempt = (...preemptions: Item[]): Asked => ({ type: 'PreemptPods', data: { preemptions } });
const conditionOf = (at: TestCluster, name: string) =>
  (at.get('pods', 'default', name)?.status as { conditions?: { type: string }[] }).conditions?.at(-1);

describe('a preemption', () => {
  it('nominates the pod, marks each victim, and asks it to go: in this order, each because of the one before', () => {
    const at = crowded();
    const first = at.log.length + 1;
    const { events } = at.when(preempt(item(at)));
    expect(events.map(({ fact, name, cause }) => [fact, name, cause])).toEqual([
      ['Unschedulable', 'urgent', 3],
      ['Preempted', 'v1', first],
      ['DeletionRequested', 'v1', first + 1],
      ['Preempted', 'v2', first],
      ['DeletionRequested', 'v2', first + 3],
    ]);
    expect(events[0]?.data).toMatchObject({ decision, facts: { message: MESSAGE, nominatedNode: 'n1' } });
    expect(events[1]?.data.facts).toEqual({ by: refTo(at, 'urgent'), node: 'n1' });
    expect(at.get('pods', 'default', 'urgent')).toMatchObject({
      status: {
        nominatedNodeName: 'n1',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: MESSAGE }],
      },
    });
    expect(at.get('pods', 'default', 'v1')).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 30, deletionTimestamp: expect.any(String) as string },
    });
    expect(conditionOf(at, 'v1')).toMatchObject({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
  });

  it('has a victim without a grace period gone at once, and told of all the same', () => {
    const at = crowded(0);
    const { types } = at.when(preempt(item(at, { victims: [refTo(at, 'v1')] })));
    expect(types).toEqual(['pods.Unschedulable', 'pods.Preempted', 'pods.Deleted']);
    expect(at.get('pods', 'default', 'v1')).toBeUndefined();
  });

  it('does not ask a victim that ends already once more, but says for whom it ends', () => {
    const at = crowded().given(remove('pods', 'v1'));
    const { types } = at.when(preempt(item(at, { victims: [refTo(at, 'v1')] })));
    expect(types).toEqual(['pods.Unschedulable', 'pods.Preempted']);
    expect(at.when(preempt(item(at, { victims: [refTo(at, 'v1')] }))).types).toEqual([]);
  });

  it('takes the node from less important pods that were nominated to it, which are as important as that', () => {
    const at = crowded().given(createPod('other', { priorityClassName: 'middle' }));
    at.given(preempt(item(at, {}, 'other')));
    const outranked = [refTo(at, 'other'), { ...refTo(at, 'other'), uid: 'gone' }];
    const { events } = at.when(preempt(item(at, { outranked })));
    expect(events.map(({ name }) => name)).toEqual(['urgent', 'other']);
    expect(at.get('pods', 'default', 'other')?.status).not.toHaveProperty('nominatedNodeName');
    expect(at.when(preempt(item(at, { outranked: [refTo(at, 'urgent')] }, 'other'))).reply).toMatchObject({
      results: [{ ok: false, status: { code: 403 } }],
    });
  });

  it.each<[string, (at: TestCluster) => Item, (at: TestCluster) => unknown, object]>([
    ['the pod has a node', (at) => item(at), (at) => at.given(bind(at, 'urgent', 'n1')), { code: 409 }],
    ['the pod is gone', (at) => item(at), (at) => at.given(remove('pods', 'urgent')), { code: 404 }],
    [
      'a victim is gone',
      (at) => item(at),
      (at) => at.given(remove('pods', 'v2', { gracePeriodSeconds: 0 })),
      { code: 404 },
    ],
    [
      'a victim has ended by itself',
      (at) => item(at),
      (at) => at.given(patch('pods', 'v2', { status: { phase: 'Succeeded' } }, 'status')),
      { code: 409, message: expect.stringContaining('pod v2 has ended') as string },
    ],
    [
      'a victim was replaced',
      (at) => item(at, { victims: [refTo(at, 'v1'), { ...refTo(at, 'v2'), uid: 'before' }] }),
      () => undefined,
      { code: 409 },
    ],
    ['the node is gone', (at) => item(at), (at) => at.given(remove('nodes', 'n1')), { code: 404 }],
    ['nobody is named', (at) => item(at, { victims: [] }), () => undefined, { code: 400 }],
    [
      'a victim is as important',
      (at) => item(at, {}, 'v3'),
      () => undefined,
      { code: 403, message: expect.stringContaining('its priority is not lower than that of pod v3') as string },
    ],
  ])('is refused as a whole where %s', (_, itemOf, meanwhile, status) => {
    const at = crowded().given(createPod('v3'));
    const asked = itemOf(at);
    meanwhile(at);
    const told = at.when(preempt(asked));
    expect(told.reply).toMatchObject({ results: [{ ok: false, status }] });
    expect(told.types).toEqual([]);
  });

  it('is refused for a pod that says Never', () => {
    const at = crowded().given(create(CLASSES, 'polite', { value: 99, preemptionPolicy: 'Never' }));
    at.given(createPod('polite', { priorityClassName: 'polite' }));
    expect(at.when(preempt(item(at, {}, 'polite'))).reply).toMatchObject({
      results: [{ ok: false, status: { code: 403 } }],
    });
  });

  it('shares a victim with another of its command: asked to go once', () => {
    const at = crowded().given(createPod('second', { priorityClassName: 'high' }));
    const { events } = at.when(preempt(item(at), item(at, {}, 'second')));
    expect(events.filter(({ fact }) => fact === 'DeletionRequested').map(({ name }) => name)).toEqual(['v1', 'v2']);
    expect(events.filter(({ fact }) => fact === 'Unschedulable').map(({ name }) => name)).toEqual(['urgent', 'second']);
  });

  it('leaves a pod as it was when a part of it is refused', () => {
    const at = crowded().given(createPod('second', { priorityClassName: 'high' }));
    const bad = item(at, { victims: [refTo(at, 'v1'), { ...refTo(at, 'v2'), uid: 'before' }] });
    const { events, reply } = at.when(preempt(bad, item(at, { victims: [refTo(at, 'v1')] }, 'second')));
    expect(reply).toMatchObject({ results: [{ ok: false }, { ok: true }] });
    expect(events.map(({ fact, name }) => [fact, name])).toEqual([
      ['Unschedulable', 'second'],
      ['Preempted', 'v1'],
      ['DeletionRequested', 'v1'],
    ]);
  });
});

describe('a pod that no node takes any more', () => {
  it('loses its nomination with the word why', () => {
    const at = crowded();
    at.given(preempt(item(at)));
    const mark = { ...refTo(at, 'urgent'), message: 'none', losesNomination: true, decision };
    expect(at.when({ type: 'MarkPodsUnschedulable', data: { pods: [mark] } }).types).toEqual(['pods.Unschedulable']);
    expect(at.get('pods', 'default', 'urgent')?.status).not.toHaveProperty('nominatedNodeName');
  });
});
