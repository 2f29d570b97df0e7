import type { AppliedEvent } from '@shiplog/cluster';
import {
  EVENT_FORMAT,
  type EventType,
  type Fact,
  type LogEvent,
  type ObjectOf,
  type StoredObject,
} from '@shiplog/contracts';
import { WatchCache } from '../../cache/watch-cache';
import { EventRecorder } from './event-recorder';
import { eventLinesOf } from './render/event-lines';

const NOW = Date.parse('2026-01-01T00:10:00Z');

function applied(type: EventType, more: Partial<LogEvent> = {}, objects: Partial<AppliedEvent> = {}): AppliedEvent {
  const [resource, fact] = type.split('.') as ['pods' | 'nodes', Fact];
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

const facts = (values: Record<string, unknown>): Partial<LogEvent> => ({ data: { facts: values } });
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
      'pods.Created',
      applied('pods.Created', {}, { after: pod }),
      ['Normal SuccessfulCreate replication-controller: Created pod: web'],
    ],
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
  beforeEach(() => {
    watchCache = new WatchCache({ watchWindow: 100, watchWindowBytes: 1_000_000 });
    now = NOW;
    recorder = new EventRecorder(watchCache, { now: () => now });
  });
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
    const [change] = recorder.recordApplied(applied('pods.Scheduled'));
    expect(change).toMatchObject({ resource: 'events', position: 42 });
    expect(events()[0]).toMatchObject({
      metadata: { namespace: 'default', resourceVersion: '42', creationTimestamp: '2026-01-01T00:00:00Z' },
      involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', uid: 'u1' },
      source: { component: 'default-scheduler' },
      count: 1,
    });
  });

  it('names an Event by what it says, so that every api names it alike', () => {
    recorder.recordApplied(applied('pods.Scheduled'));
    const other = new EventRecorder(new WatchCache({ watchWindow: 10, watchWindowBytes: 1_000_000 }), {
      now: () => now,
    });
    other.replay([applied('pods.Scheduled').event]);
    expect(other.list('').map((event) => event.metadata.name)).toEqual(events().map((event) => event.metadata.name));
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

  it('forgets after an hour, and with the namespace', () => {
    recorder.recordApplied(applied('pods.Scheduled'));
    now += 2 * 3_600_000;
    expect(events()).toEqual([]);
    now = NOW;
    const gone = applied('namespaces.Deleted', { resource: 'namespaces', namespace: '', name: 'default' });
    expect(recorder.recordApplied(gone)).toHaveLength(1);
    expect(events()).toEqual([]);
  });

  it('keeps Events of nodes in the default namespace', () => {
    recorder.recordApplied(applied('nodes.Cordoned'));
    expect(events()[0]?.metadata.namespace).toBe('default');
    expect(events()[0]?.involvedObject.namespace).toBeUndefined();
  });

  it('lets one be deleted', () => {
    recorder.recordNote(note('x'));
    const name = events()[0]?.metadata.name ?? '';
    expect(recorder.remove('default', name)).toBe(true);
    expect(recorder.remove('default', name)).toBe(false);
    expect(watchCache.window('events').changedAfter(-1)).not.toBe(false);
  });
});
