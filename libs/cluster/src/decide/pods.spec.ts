import { eventType, type ContainerStatus, type PodStatus, type SchedulingDecision } from '@shiplog/contracts';
import { bind, cluster, createPod, refTo, remove, type TestCluster, type Told } from './testing/given';

const decision: SchedulingDecision = { policy: 'default/1', seed: 1, top: [], refused: {}, nodes: 1 };
const DIGEST = { image: 'web:1', imageID: 'sha256:1', restartCount: 0 };
const container = (state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'web',
  ready: false,
  ...DIGEST,
  state,
  ...more,
});
const started = { running: { startedAt: '2026-01-01T00:01:00Z' } };
const ended = (exitCode: number) => ({
  terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: '2026-01-01T00:02:00Z' },
});
const isReady = (status: string) => [{ type: 'Ready', status }];

const withPod = (): TestCluster => cluster('n1', 'n2').given(createPod('p'));
const withBoundPod = (): TestCluster => {
  const at = withPod();
  return at.given(bind(at, 'p', 'n1'));
};
const report = (at: TestCluster, status: PodStatus, node = 'n1'): Told =>
  at.when({ type: 'ReportPods', data: { node, pods: [{ ...refTo(at, 'p'), status }] } });
const rejectionsOf = ({ reply }: Told): unknown[] =>
  reply.ok ? (reply.results ?? []).map((item) => (item.ok ? 'ok' : item.status.message)) : [];

describe('binding pods', () => {
  it('gives a pod its node, and records the decision and its cause', () => {
    const at = withPod();
    const { types, events, reply } = at.when({
      type: 'BindPods',
      data: { bindings: [{ ...refTo(at, 'p'), node: 'n1', cause: 3, decision }] },
    });
    expect(types).toEqual(['pods.Scheduled']);
    expect(events[0]).toMatchObject({ node: 'n1', cause: 3, data: { decision, facts: { node: 'n1' } } });
    expect(at.get('pods', 'default', 'p')).toMatchObject({
      spec: { nodeName: 'n1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
    expect(reply).toMatchObject({ ok: true, results: [{ ok: true, position: 5 }] });
  });

  it('accepts and refuses each item on its own', () => {
    const at = withBoundPod()
      .given(createPod('free'))
      .given(createPod('leaving', { metadata: { finalizers: ['a.b/c'] } }));
    at.given(remove('pods', 'leaving'));
    at.given(createPod('gated', { schedulingGates: [{ name: 'a.b/c' }] }));
    const ref = (name: string) => refTo(at, name);
    const told = at.when({
      type: 'BindPods',
      data: {
        bindings: [
          { ...ref('p'), node: 'n2' },
          { ...ref('gone'), node: 'n2' },
          { ...ref('free'), uid: 'another', node: 'n2' },
          { ...ref('free'), node: 'nowhere' },
          { ...ref('leaving'), node: 'n2' },
          { ...ref('gated'), node: 'n2' },
          { ...ref('free'), node: 'n2' },
          { ...ref('free'), node: 'n1' },
        ],
      },
    });
    expect(rejectionsOf(told)).toEqual([
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
      'pods "gone" not found',
      expect.stringContaining('Precondition failed: UID'),
      'nodes "nowhere" not found',
      'Operation cannot be fulfilled on pods/binding "leaving": pod leaving is being deleted, cannot be assigned to a host',
      'Operation cannot be fulfilled on pods/binding "gated": pod gated has non-empty .spec.schedulingGates',
      'ok',
      expect.stringContaining('named twice'),
    ]);
    expect(told.types).toEqual(['pods.Scheduled']);
  });
});

describe('marking pods unschedulable', () => {
  const mark = (at: TestCluster, message: string): Told =>
    at.when({ type: 'MarkPodsUnschedulable', data: { pods: [{ ...refTo(at, 'p'), message, decision }] } });

  it('says why, once for each reason', () => {
    const at = withPod();
    expect(mark(at, '0/2 nodes are available').types).toEqual(['pods.Unschedulable']);
    expect(mark(at, '0/2 nodes are available').reply).toMatchObject({ ok: true, events: 0 });
    expect(mark(at, '0/3 nodes are available').types).toEqual(['pods.Unschedulable']);
    expect(at.get('pods', 'default', 'p')).toMatchObject({
      status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
    });
  });

  it('leaves a pod alone that was bound meanwhile', () => {
    expect(mark(withBoundPod(), 'no').types).toEqual([]);
  });
});

describe('reporting pods', () => {
  it('names each step of a pod’s start', () => {
    const at = withBoundPod();
    const waiting = { waiting: { reason: 'ContainerCreating' } };
    expect(report(at, { phase: 'Pending', containerStatuses: [container(waiting)] }).types).toEqual([
      'pods.ContainerWaiting',
    ]);
    const running = { phase: 'Running', podIP: '10.244.0.5', containerStatuses: [container(started, { ready: true })] };
    const told = report(at, { ...running, conditions: isReady('True') });
    expect(told.types).toEqual(['pods.ContainerStarted', 'pods.Ready']);
    expect(told.events.map(({ data }) => data.facts)).toEqual([
      { container: 'web', image: 'web:1', restartCount: 0 },
      { podIP: '10.244.0.5' },
    ]);
    expect(at.get('pods', 'default', 'p')).toMatchObject({
      status: { ...running, conditions: [{ type: 'PodScheduled' }, { type: 'Ready', status: 'True' }] },
    });
  });

  it('of what is known already makes no event', () => {
    const at = withBoundPod();
    const status: PodStatus = {
      phase: 'Running',
      containerStatuses: [container(started)],
      conditions: isReady('False'),
    };
    report(at, status);
    expect(report(at, status).reply).toMatchObject({ ok: true, events: 0, results: [{ ok: true, position: 6 }] });
  });

  it('puts what has no name of its own into the last step, or a StatusChanged', () => {
    const at = withBoundPod();
    expect(
      report(at, { phase: 'Running', containerStatuses: [container(started)], podIP: '10.244.0.5' }).types,
    ).toEqual(['pods.ContainerStarted']);
    expect(report(at, { podIP: '10.244.0.6' }).types).toEqual(['pods.StatusChanged']);
  });

  it('tells an end from what came after it, when the kubelet looked too late', () => {
    const at = withBoundPod();
    report(at, {
      phase: 'Running',
      containerStatuses: [container(started, { ready: true })],
      conditions: isReady('True'),
    });
    const crashed = container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: ended(137), restartCount: 1 });
    const told = report(at, { containerStatuses: [crashed], conditions: isReady('False') });
    expect(told.types).toEqual(['pods.ContainerExited', 'pods.ContainerWaiting', 'pods.Unready']);
    expect(told.events[0]?.data.facts).toMatchObject({ container: 'web', exitCode: 137, reason: 'Error' });
    const again = container(
      { running: { startedAt: '2026-01-01T00:03:00Z' } },
      { lastState: ended(137), restartCount: 1 },
    );
    expect(report(at, { containerStatuses: [again] }).types).toEqual(['pods.ContainerStarted']);
  });

  it.each([
    [0, 'Succeeded'],
    [1, 'Failed'],
  ])('with exit code %d ends the pod as %s, for good', (code, phase) => {
    const at = withBoundPod();
    report(at, {
      phase: 'Running',
      containerStatuses: [container(started, { ready: true })],
      conditions: isReady('True'),
    });
    const told = report(at, { phase, containerStatuses: [container(ended(code))], conditions: isReady('False') });
    expect(told.types).toEqual(['pods.ContainerExited', `pods.${phase}`]);
    expect(report(at, { phase: 'Running' }).types).toEqual([]);
  });

  it('keeps the time of a condition that stays', () => {
    const at = withBoundPod();
    report(at, { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:10Z' }] });
    const later = { type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:20Z' };
    expect(report(at, { conditions: [later] }).types).toEqual([]);
  });

  it('ends what it has said of a resize when it says it no more', () => {
    const at = withBoundPod();
    const ready = { type: 'Ready', status: 'True' };
    report(at, { conditions: [ready, { type: 'PodResizeInProgress', status: 'True' }] });
    report(at, { conditions: [ready] });
    const { conditions = [] } = at.get('pods', 'default', 'p')?.['status'] as PodStatus;
    expect(conditions.map(({ type }) => type)).toEqual(['PodScheduled', 'Ready']);
  });

  it('is refused with an address that is none, which would spoil the endpoints of its Services', () => {
    const at = withBoundPod();
    const wrong = ['nonsense', '10.244.0.5\nend', '10.244.0.256', 'fe80::1'];
    for (const podIP of wrong) {
      for (const status of [{ podIP }, { podIPs: [{ ip: podIP }] }]) {
        const told = report(at, status);
        expect(rejectionsOf(told)).toEqual([expect.stringMatching(/must be (?:a valid IP|an IPv4) address/)]);
        expect(told.types).toEqual([]);
      }
    }
    expect(rejectionsOf(report(at, { hostIP: 'nowhere' }))).toEqual([expect.stringContaining('must be a valid IP')]);
    expect(report(at, { phase: 'Running', podIP: '10.244.0.5', hostIP: '172.30.0.11' }).types).not.toEqual([]);
  });

  it('gives each event its cause: the binding, the event of the container before, the request to go', () => {
    const at = withBoundPod();
    const causesOf = (status: PodStatus, cause: number, containers: Record<string, number>) => {
      const pods = [{ ...refTo(at, 'p'), status, cause, containers }];
      const { events } = at.when({ type: 'ReportPods', data: { node: 'n1', pods } });
      return events.map((event) => [eventType(event), event.position, event.cause]);
    };
    const statusOf = (...containerStatuses: ContainerStatus[]): PodStatus => ({ phase: 'Running', containerStatuses });
    expect(causesOf(statusOf(container(started)), 5, {})).toEqual([['pods.ContainerStarted', 6, 5]]);
    // An end and a new start within one look: the second comes of the first.
    const again = { running: { startedAt: '2026-01-01T00:03:00Z' } };
    const restarted = container(again, { restartCount: 1, lastState: ended(1) });
    expect(causesOf({ ...statusOf(restarted), conditions: isReady('True') }, 5, { web: 6 })).toEqual([
      ['pods.ContainerExited', 7, 6],
      ['pods.ContainerStarted', 8, 7],
      ['pods.Ready', 9, 8],
    ]);
    // A wait comes of the end before it; so does the start after the wait.
    const waits = { waiting: { reason: 'CrashLoopBackOff' } };
    const waiting = container(waits, { restartCount: 1, lastState: ended(2) });
    expect(causesOf({ ...statusOf(waiting), conditions: isReady('True') }, 5, { web: 8 })).toEqual([
      ['pods.ContainerExited', 10, 8],
      ['pods.ContainerWaiting', 11, 10],
    ]);
    const third = container(
      { running: { startedAt: '2026-01-01T00:09:00Z' } },
      { restartCount: 2, lastState: ended(2) },
    );
    expect(causesOf(statusOf(third), 5, { web: 10 })).toEqual([['pods.ContainerStarted', 12, 10]]);
    const over = container(ended(0), { restartCount: 2 });
    expect(causesOf({ ...statusOf(over), phase: 'Succeeded' }, 12, { web: 12 })).toEqual([
      ['pods.ContainerExited', 13, 12],
      ['pods.Succeeded', 14, 13],
    ]);
  });

  it('is refused for a pod of another node or another uid', () => {
    const at = withBoundPod();
    expect(rejectionsOf(report(at, { phase: 'Running' }, 'n2'))).toEqual([
      'Operation cannot be fulfilled on pods "p": pod p belongs to node "n1", not to "n2"',
    ]);
    const pods = [{ ...refTo(at, 'p'), uid: 'earlier', status: {} }];
    expect(rejectionsOf(at.when({ type: 'ReportPods', data: { node: 'n1', pods } }))).toEqual([
      expect.stringContaining('Precondition failed'),
    ]);
  });
});
