import { momentOf, type PlannedCommand } from '../../runtime/domain/controller';
import { at, controlledBy, EPOCH, pod, rc } from '../../testing/objects';
import { MOST_PODS_AT_ONCE } from '../pod-making';
import { REPLICATION_CONTROLLER } from '../../controllers/replication/controller';
import { decideReplicas, type ReplicasView } from './decide';

type RcView = ReplicasView<'replicationcontrollers'>;

const NOW = momentOf(EPOCH + 3_600_000);
const view = (given: Pick<RcView, 'owner'> & Partial<RcView>): RcView => ({
  kind: REPLICATION_CONTROLLER,
  podsBeside: () => [],
  pods: [],
  now: NOW,
  position: 42,
  namespaceTerminating: false,
  ...given,
});
const ofType = <T extends PlannedCommand['type']>(commands: readonly PlannedCommand[], type: T) =>
  commands.filter((command): command is Extract<PlannedCommand, { type: T }> => command.type === type);
const namesDeleted = (commands: readonly PlannedCommand[]) =>
  ofType(commands, 'DeleteObject').map(({ data }) => data.name);
const statusWritten = (commands: readonly PlannedCommand[]) => {
  const written = ofType(commands, 'PatchObject').find(({ data }) => data.subresource === 'status');
  return (written?.data.patch as { status: Record<string, unknown> } | undefined)?.status;
};

describe('a ReplicationController', () => {
  it('makes the pods that are missing, from its template, as their owner, each under a name of its own', () => {
    const web = rc('web', 3);
    const { commands } = decideReplicas(view({ owner: web, pods: [pod('a', { owner: controlledBy(web) })] }));
    const created = ofType(commands, 'CreateObject');
    expect(created).toHaveLength(2);
    expect(created.map(({ id }) => id)).toEqual([`rc.${web.metadata.uid}.42.0`, `rc.${web.metadata.uid}.42.1`]);
    expect(created[0]?.data.object).toMatchObject({
      kind: 'Pod',
      metadata: {
        generateName: 'web-',
        namespace: 'default',
        labels: { app: 'web' },
        ownerReferences: [controlledBy(web)],
      },
      spec: { containers: [{ name: 'main', image: 'main' }] },
    });
  });

  it('decides the same twice on the same state', () => {
    const given = view({ owner: rc('web', 5) });
    expect(decideReplicas(given)).toEqual(decideReplicas(given));
  });

  it('bounds how many pods it makes at once', () => {
    const { commands } = decideReplicas(view({ owner: rc('web', 2_000) }));
    expect(ofType(commands, 'CreateObject')).toHaveLength(MOST_PODS_AT_ONCE);
  });

  it('adopts matching orphans and counts them', () => {
    const web = rc('web', 1);
    const orphan = pod('orphan');
    const { commands } = decideReplicas(view({ owner: web, pods: [orphan] }));
    expect(ofType(commands, 'CreateObject')).toEqual([]);
    expect(ofType(commands, 'PatchObject')[0]?.data).toMatchObject({
      name: 'orphan',
      patch: { metadata: { uid: orphan.metadata.uid, ownerReferences: [controlledBy(web)] } },
    });
  });

  it("leaves other controllers' pods alone, also those that match its selector", () => {
    const other = rc('other', 1);
    const { commands } = decideReplicas(
      view({ owner: rc('web', 0), pods: [pod('theirs', { owner: controlledBy(other) })] }),
    );
    expect(commands.filter(({ data }) => 'name' in data && data.name === 'theirs')).toEqual([]);
  });

  it('releases pods that no longer match, and replaces them', () => {
    const web = rc('web', 1);
    const relabelled = pod('relabelled', { owner: controlledBy(web), labels: { app: 'debug' } });
    const { commands } = decideReplicas(view({ owner: web, pods: [relabelled] }));
    expect(ofType(commands, 'PatchObject')[0]?.data.patch).toEqual({
      metadata: { uid: relabelled.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: web.metadata.uid }] },
    });
    expect(ofType(commands, 'CreateObject')).toHaveLength(1);
  });

  it('does not adopt pods that have ended or are on their way out', () => {
    const pods = [pod('ended', { phase: 'Failed' }), pod('leaving', { deleting: true })];
    const { commands } = decideReplicas(view({ owner: rc('web', 0), pods }));
    expect(commands.filter(({ data }) => 'resource' in data && data.resource === 'pods')).toEqual([]);
  });

  it('replaces pods that have ended or are leaving', () => {
    const web = rc('web', 2);
    const owner = controlledBy(web);
    const pods = [pod('ended', { owner, phase: 'Succeeded' }), pod('leaving', { owner, deleting: true })];
    expect(ofType(decideReplicas(view({ owner: web, pods })).commands, 'CreateObject')).toHaveLength(2);
  });

  it('makes, deletes and adopts nothing while it is being deleted itself, and still says how many there are', () => {
    const web = rc('web', 3, { meta: { deletionTimestamp: at(0), finalizers: ['orphan'] } });
    const pods = [pod('orphan'), pod('mine', { owner: controlledBy(web) })];
    const { commands } = decideReplicas(view({ owner: web, pods }));
    expect(commands).toHaveLength(1);
    expect(statusWritten(commands)).toMatchObject({ replicas: 1 });
  });

  it('makes no pods in a namespace that is going', () => {
    const { commands } = decideReplicas(view({ owner: rc('web', 3), namespaceTerminating: true }));
    expect(ofType(commands, 'CreateObject')).toEqual([]);
  });

  it('deletes the least useful pods first', () => {
    const web = rc('web', 0);
    const owner = controlledBy(web);
    const pods = [
      pod('ready-old', { owner, node: 'n1', ready: true, readyAt: 0 }),
      pod('ready-new', { owner, node: 'n1', ready: true, readyAt: 60 }),
      pod('not-ready', { owner, node: 'n2' }),
      pod('pending', { owner, node: 'n2', phase: 'Pending' }),
      pod('unscheduled', { owner, phase: 'Pending' }),
    ];
    const order: string[] = [];
    for (let wanted = 4; wanted >= 0; wanted--) {
      const left = pods.filter(({ metadata }) => !order.includes(metadata.name));
      const { commands } = decideReplicas(
        view({ owner: { ...web, spec: { ...web.spec, replicas: wanted } }, pods: left }),
      );
      order.push(...namesDeleted(commands));
    }
    expect(order).toEqual(['unscheduled', 'pending', 'not-ready', 'ready-new', 'ready-old']);
  });

  it('thins out crowded nodes first, unless a cost says otherwise', () => {
    const web = rc('web', 2);
    const owner = controlledBy(web);
    const crowd = [1, 2].map((i) => pod(`crowded-${i}`, { owner, node: 'n1', ready: true }));
    const lonely = (meta = {}) => pod('lonely', { owner, node: 'n2', ready: true, created: 500, meta });
    const { commands } = decideReplicas(view({ owner: web, pods: [lonely(), ...crowd] }));
    expect(namesDeleted(commands)).toEqual(['crowded-2']);
    const cheap = lonely({ annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-1' } });
    expect(namesDeleted(decideReplicas(view({ owner: web, pods: [cheap, ...crowd] })).commands)).toEqual(['lonely']);
  });

  it('gives up the younger of two, and of two that are about as old any, not always the newest', () => {
    const web = rc('web', 1);
    const owner = controlledBy(web);
    const readyAt = (name: string, seconds: number) =>
      pod(name, { owner, ready: true, readyAt: 3_600 - seconds, meta: { uid: `uid-${name}` } });
    const given = (...pods: ReturnType<typeof pod>[]) =>
      namesDeleted(decideReplicas(view({ owner: web, pods })).commands);
    expect(given(readyAt('a-old', 2_000), readyAt('b-new', 20))).toEqual(['b-new']);
    expect(given(readyAt('a-old', 2_001), readyAt('b-new', 2_000))).toEqual(['a-old']);
  });

  it('gives up the pod that was restarted more often, of two that are as good otherwise', () => {
    const web = rc('web', 1);
    const pods = [3, 0].map((restarts) => pod(`z-${restarts}`, { owner: controlledBy(web), ready: true, restarts }));
    expect(namesDeleted(decideReplicas(view({ owner: web, pods })).commands)).toEqual(['z-3']);
    expect(namesDeleted(decideReplicas(view({ owner: web, pods: pods.reverse() })).commands)).toEqual(['z-3']);
  });

  it('guards each deletion by the uid of the pod that it means', () => {
    const web = rc('web', 0);
    const mine = pod('mine', { owner: controlledBy(web) });
    const { commands } = decideReplicas(view({ owner: web, pods: [mine] }));
    expect(ofType(commands, 'DeleteObject')[0]?.data.preconditions).toEqual({ uid: mine.metadata.uid });
  });

  it('writes what it has observed once the number of pods has settled, and not twice', () => {
    const web = rc('web', 2, { meta: { generation: 7 } });
    const owner = controlledBy(web);
    const pods = [pod('a', { owner, ready: true }), pod('b', { owner })];
    const status = statusWritten(decideReplicas(view({ owner: web, pods })).commands);
    expect(status).toMatchObject({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      observedGeneration: 7,
    });
    const again = decideReplicas(view({ owner: { ...web, status: status as never }, pods }));
    expect(again.commands).toEqual([]);
  });

  it('counts a pod as available only after minReadySeconds, and looks again at that moment', () => {
    const web = rc('web', 1, { spec: { minReadySeconds: 30 } });
    const pods = [pod('a', { owner: controlledBy(web), ready: true, readyAt: 3_590 })];
    const decided = decideReplicas(view({ owner: web, pods }));
    expect(statusWritten(decided.commands)).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    expect(decided.requeueAfterMs).toBe(20_000);
  });

  it('tries with one pod after a refusal', () => {
    const { commands } = decideReplicas(view({ owner: rc('web', 20), failure: { code: 422, message: 'no' } }));
    expect(ofType(commands, 'CreateObject')).toHaveLength(1);
  });

  it('says why its pods are refused, and stops saying so when they no longer are', () => {
    const web = rc('web', 1);
    const failure = { code: 403, reason: 'Forbidden', message: 'no room' };
    const status = statusWritten(decideReplicas(view({ owner: web, failure })).commands);
    expect(status?.conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'no room',
        lastTransitionTime: NOW.time,
      },
    ]);
    const failing = { ...web, status: status as never };
    const again = { ...failure, message: 'no room either' };
    expect(statusWritten(decideReplicas(view({ owner: failing, failure: again })).commands)).toBeUndefined();
    const well = decideReplicas(view({ owner: failing, pods: [pod('a', { owner: controlledBy(web) })] }));
    expect(statusWritten(well.commands)).toMatchObject({ replicas: 1, conditions: null });
  });
});
