import type { AppliedEvent } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  type EventType,
  type Fact,
  type LogEvent,
  type ObjectOf,
  type StoredObject,
} from '@shiplog/contracts';
import { Health } from '@shiplog/service';
import { pino } from 'pino';
import type { HistoricalReads } from '../../cache/historical-reads';
import { WatchCache } from '../../cache/watch-cache';
import { DerivedEvents } from './domain/derived-events';
import type { EventHistory } from './event-history';
import { EventRecorder } from './event-recorder';
import { eventLinesOf } from './render/event-lines';

const SILENT = pino({ level: 'silent' });
const NOW = Date.parse('2026-01-01T00:10:00Z');

function applied(type: EventType, more: Partial<LogEvent> = {}, objects: Partial<AppliedEvent> = {}): AppliedEvent {
  const dot = type.lastIndexOf('.');
  const [resource, fact] = [type.slice(0, dot) as 'pods' | 'nodes', type.slice(dot + 1) as Fact];
  const event: LogEvent = {
    position: 42,
    time: '2026-01-01T00:00:00.123Z',
    version: EVENT_FORMAT,
    resource,
    fact,
    namespace: resource === 'nodes' ? '' : 'default',
    name: resource === 'nodes' ? 'n1' : 'web',
    uid: 'u1',
    node: 'n1',
    actor: 'admin',
    commandId: 'c',
    commandSeq: 0,
    data: {},
    ...more,
  };
  return { event, ...objects };
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    uid: 'u1',
    resourceVersion: '1',
    creationTimestamp: '',
    ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicationController', name: 'rc', uid: 'r', controller: true }],
  },
  spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'nginx' }] },
  status: { containerStatuses: [{ name: 'app', state: { running: {} } }] },
} as unknown as StoredObject;

const replicaSet = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    ...pod.metadata,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true }],
  },
  spec: { replicas: 3, selector: {} },
} as unknown as StoredObject;

const podOfSet = {
  ...pod,
  metadata: {
    ...pod.metadata,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 's', controller: true }],
  },
} as unknown as StoredObject;

const facts = (values: Record<string, unknown>): Partial<LogEvent> => ({ data: { facts: values } });
/** Of a controller's own. */
const reconciledBy = (by: string): Partial<LogEvent> => ({
  actor: 'system:shiplog:controller',
  data: { reconciled: { by, key: 'default/db', now: 0, plan: '' } },
});
const lines = (given: AppliedEvent): string[] =>
  eventLinesOf(given).map(({ type, reason, message, component }) => `${type} ${reason} ${component}: ${message}`);

describe('eventLinesOf', () => {
  it.each<[EventType, AppliedEvent, string[]]>([
    [
      'pods.Scheduled',
      applied('pods.Scheduled'),
      ['Normal Scheduled default-scheduler: Successfully assigned default/web to n1'],
    ],
    [
      'pods.Unschedulable',
      applied('pods.Unschedulable', facts({ message: '0/1 nodes are available' })),
      ['Warning FailedScheduling default-scheduler: 0/1 nodes are available'],
    ],
    [
      'pods.Preempted',
      applied('pods.Preempted', facts({ by: { namespace: 'default', name: 'urgent', uid: 'u2' }, node: 'n1' })),
      ['Normal Preempted default-scheduler: Preempted by pod u2 on node n1'],
    ],
    [
      'pods.Created',
      applied('pods.Created', {}, { after: pod }),
      ['Normal SuccessfulCreate replication-controller: Created pod: web'],
    ],
    [
      'pods.Created',
      applied('pods.Created', {}, { after: podOfSet }),
      ['Normal SuccessfulCreate statefulset-controller: create Pod web in StatefulSet db successful'],
    ],
    [
      'pods.Deleted',
      applied('pods.Deleted', { actor: 'system:shiplog:controller' }, { before: podOfSet }),
      ['Normal SuccessfulDelete statefulset-controller: delete Pod web in StatefulSet db successful'],
    ],
    [
      'pods.Deleted',
      applied('pods.Deleted', reconciledBy('stateful-sets'), { before: podOfSet }),
      ['Normal SuccessfulDelete statefulset-controller: delete Pod web in StatefulSet db successful'],
    ],
    ['pods.Deleted', applied('pods.Deleted', reconciledBy('garbage'), { before: podOfSet }), []],
    [
      'pods.DeletionRequested',
      applied('pods.DeletionRequested', { actor: 'system:shiplog:controller' }, { before: pod, after: pod }),
      [
        'Normal Killing kubelet: Stopping container app',
        'Normal SuccessfulDelete replication-controller: Deleted pod: web',
      ],
    ],
    [
      'pods.ContainerStarted',
      applied('pods.ContainerStarted', facts({ container: 'app' })),
      ['Normal Started kubelet: Started container app'],
    ],
    [
      'pods.ContainerWaiting',
      applied('pods.ContainerWaiting', facts({ container: 'app', reason: 'CrashLoopBackOff' })),
      ['Warning BackOff kubelet: Back-off restarting failed container app in pod web_default(u1)'],
    ],
    [
      'pods.ContainerWaiting',
      applied('pods.ContainerWaiting', facts({ container: 'app', reason: 'ImagePullBackOff' }), { after: pod }),
      ['Normal BackOff kubelet: Back-off pulling image "nginx"', 'Warning Failed kubelet: Error: ImagePullBackOff'],
    ],
    [
      'pods.ContainerWaiting',
      applied(
        'pods.ContainerWaiting',
        facts({
          container: 'app',
          reason: 'ImagePullBackOff',
          message: 'Back-off pulling image "a:1": ErrImagePull: no',
        }),
      ),
      ['Normal BackOff kubelet: Back-off pulling image "a:1"', 'Warning Failed kubelet: Error: ImagePullBackOff'],
    ],
    [
      'pods.ContainerWaiting',
      applied('pods.ContainerWaiting', facts({ container: 'app', reason: 'InvalidImageName', message: 'why' })),
      ['Warning Failed kubelet: Error: InvalidImageName'],
    ],
    [
      'replicasets.apps.Created',
      applied('replicasets.apps.Created', { actor: 'system:shiplog:controller' }, { after: replicaSet }),
      ['Normal ScalingReplicaSet deployment-controller: Scaled up replica set web from 0 to 3'],
    ],
    [
      'replicasets.apps.ReplicasChanged',
      applied(
        'replicasets.apps.ReplicasChanged',
        { actor: 'system:shiplog:controller', ...facts({ from: 3, to: 1 }) },
        { before: replicaSet, after: replicaSet },
      ),
      ['Normal ScalingReplicaSet deployment-controller: Scaled down replica set web from 3 to 1'],
    ],
    [
      'replicasets.apps.ReplicasChanged',
      applied('replicasets.apps.ReplicasChanged', facts({ from: 3, to: 1 }), { after: replicaSet }),
      [],
    ],
    ['nodes.Lost', applied('nodes.Lost'), ['Normal NodeNotReady node-controller: Node n1 status is now: NodeNotReady']],
    ['pods.StatusChanged', applied('pods.StatusChanged'), []],
  ])('tells of %s as Kubernetes would', (_, given, expected) => {
    expect(lines(given)).toEqual(expected);
  });
});

it('a line about an init container names it as one', () => {
  const withInit = { ...pod, spec: { containers: [], initContainers: [{ name: 'app' }] } } as unknown as StoredObject;
  const [line] = eventLinesOf(applied('pods.ContainerStarted', facts({ container: 'app' }), { after: withInit }));
  expect(line?.about.fieldPath).toBe('spec.initContainers{app}');
});

describe('EventRecorder', () => {
  let watchCache: WatchCache;
  let now: number;
  let recorder: EventRecorder;
  beforeEach(async () => {
    watchCache = new WatchCache({ watchWindow: 100, watchWindowBytes: 1_000_000 });
    now = NOW;
    recorder = recorderOf(watchCache, () => Promise.resolve(new DerivedEvents()));
    await recorder.readBack(0);
  });
  function recorderOf(cache: WatchCache, at: (position: number) => Promise<DerivedEvents>): EventRecorder {
    const historical = { deriveEvents: () => undefined } as unknown as HistoricalReads;
    const history = { at } as unknown as EventHistory;
    const made = new EventRecorder(cache, historical, history, { now: () => now }, SILENT, new Health('api', 'test'));
    made.onModuleInit();
    return made;
  }
  const note = (message: string) => ({
    type: 'Warning' as const,
    reason: 'Unhealthy',
    message,
    component: 'kubelet',
    host: 'n1',
    about: {
      resource: 'pods' as const,
      namespace: 'default',
      name: 'web',
      uid: 'u1',
      fieldPath: 'spec.containers{app}',
    },
  });
  const events = (): ObjectOf<'events'>[] => recorder.list('') as unknown as ObjectOf<'events'>[];

  it('makes an Event that describe finds by the object it is about', () => {
    const { changes } = recorder.recordApplied(applied('pods.Scheduled'));
    expect(changes).toMatchObject([{ resource: 'events', position: 42 }]);
    expect(events()[0]).toMatchObject({
      metadata: { namespace: 'default', resourceVersion: '42', creationTimestamp: '2026-01-01T00:00:00Z' },
      involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', uid: 'u1' },
      source: { component: 'default-scheduler' },
      count: 1,
    });
  });

  it('tells first of what was before it, and of what comes meanwhile once', async () => {
    const past = new DerivedEvents();
    past.apply(applied('pods.Scheduled', { position: 40 }));
    let answer: (derived: DerivedEvents) => void = () => undefined;
    recorder = recorderOf(watchCache, () => new Promise((resolve) => (answer = resolve)));
    const reading = recorder.readBack(42);
    recorder.recordApplied(applied('nodes.Cordoned', { position: 41 }));
    recorder.recordApplied(applied('nodes.Lost', { position: 43 }));
    expect(events()).toEqual([]);
    answer(past);
    await reading;
    await recorder.read;
    expect(events().map(({ reason }) => reason)).toEqual(['Scheduled', 'NodeNotReady']);
  });

  it('reads the log again when a part of it was missed', async () => {
    const asked: number[] = [];
    recorder = recorderOf(watchCache, (position) => (asked.push(position), Promise.resolve(new DerivedEvents())));
    await recorder.readBack(1);
    recorder.recordApplied(applied('pods.Scheduled'));
    watchCache.reloaded(60);
    await recorder.read;
    expect(asked).toEqual([1, 60]);
    expect(events()).toEqual([]);
  });

  it('counts what is said again, and takes the same thing told twice at once for one', () => {
    recorder.recordNote(note('probe failed'));
    recorder.recordNote(note('probe failed'));
    expect(events().map((event) => event.count)).toEqual([1]);
    now += 10_000;
    recorder.recordNote(note('probe failed'));
    expect(events()).toMatchObject([
      { count: 2, lastTimestamp: '2026-01-01T00:10:10Z', firstTimestamp: '2026-01-01T00:10:00Z' },
    ]);
  });

  it('forgets notes after an hour, and with the namespace', () => {
    recorder.recordNote(note('probe failed'));
    now += 2 * 3_600_000;
    expect(events()).toEqual([]);
    now = NOW;
    const gone = applied('namespaces.Deleted', { resource: 'namespaces', namespace: '', name: 'default' });
    expect(recorder.recordApplied(gone).changes).toHaveLength(1);
    expect(events()).toEqual([]);
  });

  it('lets clients have one as their own', () => {
    recorder.recordNote(note('x'));
    const [mine] = events();
    const patched = applied('events.Created', { resource: 'events', name: mine?.metadata.name ?? '' });
    expect(recorder.recordApplied(patched).replaced).toBe(mine);
    expect(events()).toEqual([]);
  });
});
