import fc from 'fast-check';
import { EVENT_FORMAT, type EventData, type Fact, type LogEvent, type StoredObject } from '@shiplog/contracts';
import { changesBetween } from './changes';
import { eventOn, hashOfChannel, objectsOf } from './channels';
import { contentOf, excerptsOf } from './excerpts';
import { ClusterState } from './state';

const ROUTES = { resource: 'nodes', excerpt: 'routes' } as const;
const PUBLIC_IP = 'flannel.alpha.coreos.com/public-ip';

const event = (position: number, fact: Fact, data: EventData): LogEvent => ({
  position,
  time: '2026-01-01T00:00:00.000Z',
  version: EVENT_FORMAT,
  ...{ resource: 'nodes', fact, namespace: '', name: 'n1', uid: 'u1', node: 'n1' },
  ...{ actor: 'admin', commandId: `c${position}`, commandSeq: 0 },
  data,
});
const aNode = (more: object = {}): StoredObject =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u1' }, ...more }) as unknown as StoredObject;

describe('the routes of nodes', () => {
  const touches = (data: EventData, fact: Fact = 'StatusChanged') => excerptsOf(event(2, fact, data)).length > 0;
  const STATUS = { conditions: { set: [{ type: 'Ready' }] }, images: { set: [] } };

  it.each<[what: string, data: EventData, isTold: boolean]>([
    ['what nodes say of themselves every few minutes', { changes: { status: { in: STATUS } } }, false],
    ['labels', { changes: { metadata: { in: { labels: { set: { a: 'b' } } } } } }, false],
    ['somebody’s annotation', { changes: { metadata: { in: { annotations: { in: { a: { set: 'b' } } } } } } }, false],
    ['a cordon', { changes: { spec: { in: { unschedulable: { set: true } } } } }, false],
    ['a pod network', { changes: { spec: { in: { podCIDR: { set: '10.244.1.0/24' } } } } }, true],
    ['an address among other news', { changes: { status: { in: { ...STATUS, addresses: { set: [] } } } } }, true],
    ['an address', { changes: { metadata: { in: { annotations: { in: { [PUBLIC_IP]: { set: 'x' } } } } } } }, true],
    ['the end of all annotations', { changes: { metadata: { in: { annotations: { unset: true } } } } }, true],
  ])('are told of %s: %#', (_, data, isTold) => {
    expect(touches(data)).toBe(isTold);
  });

  it('are told of a node’s beginning and end, and of nothing but nodes', () => {
    expect(touches({ object: aNode() }, 'Created')).toBe(true);
    expect(touches({}, 'Deleted')).toBe(true);
    expect(excerptsOf({ ...event(1, 'Created', { object: aNode() }), resource: 'services' })).toEqual([]);
  });

  it('have of an event what they are about, and not the rest', () => {
    const object = aNode({ status: { images: ['large'], addresses: ['a'] }, spec: { podCIDR: 'c', taints: [] } });
    expect(eventOn(ROUTES, event(1, 'Created', { object }))?.data).toEqual({
      object: aNode({ spec: { podCIDR: 'c' }, status: { addresses: ['a'] } }),
    });
    const changes = {
      spec: { in: { podCIDR: { set: 'd' }, taints: { unset: true } } },
      status: { in: STATUS },
    } as const;
    expect(eventOn(ROUTES, event(2, 'SpecChanged', { changes }))?.data).toEqual({
      changes: { spec: { in: { podCIDR: { set: 'd' } } } },
    });
  });
});

const anyText = fc.constantFrom('a', 'b', '');
const anyRest = fc.oneof(anyText, fc.constant(null), fc.array(anyText, { maxLength: 2 }));
const anyAddresses = fc.array(fc.record({ type: fc.constantFrom('x', 'y'), address: anyText }), { maxLength: 3 });
/** An object, or what is none where one should be. */
const anyFields = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof({ weight: 8, arbitrary: fc.record(fields, { requiredKeys: [] }) }, anyRest);
const anyNode = fc
  .record(
    {
      annotations: anyFields({ [PUBLIC_IP]: anyText, other: anyText }),
      spec: anyFields({ podCIDR: anyText, taints: anyRest }),
      status: anyFields({ addresses: anyAddresses, images: anyRest }),
    },
    { requiredKeys: [] },
  )
  .map(({ annotations, ...more }) =>
    aNode({ ...more, metadata: { name: 'n1', uid: 'u1', ...(annotations === undefined ? {} : { annotations }) } }),
  );

const PEERS = { resource: 'pods', excerpt: 'peers' } as const;
const podEvent = (data: EventData, fact: Fact = 'StatusChanged'): LogEvent => ({
  ...event(2, fact, data),
  resource: 'pods',
});
const aPod = (more: object = {}): StoredObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'n1', uid: 'u1' }, ...more }) as unknown as StoredObject;

describe('what network policies look at of pods', () => {
  const ITEM = (inner: object) => ({
    spec: { in: { containers: { by: ['name'], items: [{ key: ['web'], ...inner }] } } },
  });

  it.each<[what: string, data: EventData, isTold: boolean]>([
    ['conditions', { changes: { status: { in: { conditions: { set: [] } } } } }, false],
    ['a node', { changes: { spec: { in: { nodeName: { set: 'n1' } } } } }, false],
    ['an image', { changes: ITEM({ in: { image: { set: 'x' } } }) as never }, false],
    ['an address', { changes: { status: { in: { podIP: { set: '10.244.1.2' } } } } }, true],
    ['a phase', { changes: { status: { in: { phase: { set: 'Failed' }, message: { set: 'x' } } } } }, true],
    ['labels', { changes: { metadata: { in: { labels: { in: { a: { set: 'b' } } } } } } }, true],
    ['ports', { changes: ITEM({ in: { ports: { unset: true } } }) as never }, true],
  ])('is told of %s: %#', (_, data, isTold) => {
    expect(eventOn(PEERS, podEvent(data)) !== undefined).toBe(isTold);
  });

  it('has of containers their names and ports, and nothing that may be secret', () => {
    const containers = [
      { name: 'web', image: 'x', env: [{ name: 'PASSWORD', value: 'y' }], ports: [{ name: 'http' }] },
    ];
    expect(
      eventOn(PEERS, podEvent({ object: aPod({ spec: { containers, nodeName: 'n' } }) }, 'Created'))?.data,
    ).toEqual({
      object: aPod({ spec: { containers: [{ name: 'web', ports: [{ name: 'http' }] }] } }),
    });
  });
});

const anyContainer = fc.record(
  { name: fc.constantFrom('a', 'b', 'c'), ports: anyRest, image: anyText, restartPolicy: anyText },
  { requiredKeys: ['name'] },
);
const anyContainers = fc.oneof(
  { weight: 8, arbitrary: fc.uniqueArray(anyContainer, { maxLength: 3, selector: ({ name }) => name }) },
  { weight: 1, arbitrary: fc.array(fc.oneof(anyContainer, anyText), { maxLength: 3 }) },
  anyRest,
);
const anyPod = fc.record(
  {
    spec: anyFields({ containers: anyContainers, initContainers: anyContainers, nodeName: anyText }),
    status: anyFields({ podIP: anyText, conditions: anyRest }),
  },
  { requiredKeys: [] },
);

describe.each([
  [ROUTES, anyNode],
  [PEERS, anyPod.map((more) => aPod(more))],
] as const)('an excerpt of a log: %j', (channel, anyVersion) => {
  it('folds to the excerpt of what the whole folds to, at every position, also from a loaded state on', () => {
    const { resource, excerpt: name } = channel;
    fc.assert(
      fc.property(fc.array(anyVersion, { minLength: 2, maxLength: 6 }), fc.nat(5), (versions, loadedAt) => {
        const whole = new ClusterState();
        const excerpt = new ClusterState();
        versions.forEach((version, i) => {
          const before = versions[i - 1];
          const changes = before === undefined ? undefined : changesBetween({ ...before }, { ...version });
          const data = before === undefined ? { object: version } : { changes: changes ?? {} };
          const next = { ...event(i + 1, before === undefined ? 'Created' : 'SpecChanged', data), resource };
          whole.apply(next);
          const told = eventOn(channel, next);
          if (i === loadedAt) for (const object of objectsOf(whole, channel)) excerpt.put(resource, object);
          else if (told !== undefined) excerpt.apply(told);
          expect([...excerpt.values(resource)].map((object) => JSON.stringify(contentOf(name, object)))).toEqual(
            [...whole.values(resource)].map((object) => JSON.stringify(contentOf(name, object))),
          );
          expect(hashOfChannel(excerpt, channel)).toBe(hashOfChannel(whole, channel));
        });
      }),
      { numRuns: 300 },
    );
  });
});
