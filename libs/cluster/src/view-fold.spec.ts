import {
  CONTROLLER_VIEW,
  EVENT_FORMAT,
  SCHEDULER_VIEW,
  VIEWS,
  type LogEvent,
  type StoredObject,
} from '@shiplog/contracts';
import fc from 'fast-check';
import { anyObject } from '../../apimachinery/src/testing/any-object';
import { changesBetween } from './changes';
import { hashResource } from './hash';
import { Interner } from './interner';
import { ClusterState } from './state';
import { guarded } from './testing/guarded';
import { maskOf, ViewFold, viewId } from './view-fold';

const RESOURCES = ['pods', 'nodes', 'configmaps', 'services', 'secrets'] as const;
type Resource = (typeof RESOURCES)[number];

function pod(name: string, rest: Record<string, unknown> = {}): StoredObject {
  const metadata = {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'i' }] }, ...rest };
}

/** What a journal would log of an object that comes to be these ones after another, and goes. */
function logOf(resource: Resource, versions: readonly object[]): LogEvent[] {
  const whole = new ClusterState();
  const log: LogEvent[] = [];
  const append = (fact: LogEvent['fact'], data: LogEvent['data']): void => {
    const about = {
      resource,
      fact,
      namespace: 'default',
      name: 'x',
      uid: 'x',
      node: '',
      actor: 'test',
      commandId: 'c',
    };
    const time = '2026-01-01T00:00:00.000Z';
    log.push({ ...about, position: log.length + 1, time, version: EVENT_FORMAT, commandSeq: 0, data });
    whole.apply(log.at(-1)!);
  };
  for (const version of versions) {
    const before = whole.get(resource, 'default', 'x');
    const { resourceVersion = '0' } = before?.metadata ?? {};
    const object = { ...pod('x'), ...version, metadata: { ...pod('x').metadata, resourceVersion } } as StoredObject;
    if (before === undefined) append('Created', { object });
    else append('SpecChanged', { changes: changesBetween(before, object) });
  }
  return log;
}

describe('the fold of a view', () => {
  it.each(VIEWS)('$name: is what it keeps of the fold', (view) => {
    const lives = fc
      .constantFrom(...RESOURCES)
      .chain((resource) =>
        fc.tuple(fc.constant(resource), fc.array(anyObject(resource), { minLength: 1, maxLength: 5 })),
      );
    const fold = new ViewFold(view);
    fc.assert(
      fc.property(lives, ([resource, versions]) => {
        const [whole, kept, trimmed] = [new ClusterState(), new ClusterState(new Map(), fold.fold), new ClusterState()];
        for (const event of logOf(resource, versions)) {
          whole.apply(event);
          kept.apply(JSON.parse(JSON.stringify(event)) as LogEvent);
          trimmed.put(resource, fold.trim(resource, whole.get(resource, 'default', 'x')!));
          expect(hashResource(kept, resource)).toBe(hashResource(trimmed, resource));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('holds once what many objects say alike, from wherever it came', () => {
    const fold = new ViewFold(SCHEDULER_VIEW);
    const state = new ClusterState(new Map(), fold.fold);
    state.put(
      'pods',
      fold.trim('pods', pod('a', { status: { conditions: [{ type: 'PodScheduled', status: 'True' }] } })),
    );
    const [first] = logOf('pods', [
      { status: {} },
      { status: { conditions: [{ type: 'PodScheduled', status: 'True' }] } },
    ]);
    state.apply({ ...first!, name: 'b', data: { object: pod('b', { status: {} }) } });
    const changes = {
      status: { in: { conditions: { set: [{ type: 'PodScheduled', status: 'True', lastProbeTime: null }] } } },
    };
    state.apply({ ...first!, position: 2, fact: 'StatusChanged', name: 'b', data: { changes } });
    const [a, b] = state.list('pods');
    expect(a?.spec?.containers).toBe(b?.spec?.containers);
    expect(a?.status?.conditions).toBe(b?.status?.conditions);
    expect(a?.metadata.uid).not.toBe(b?.metadata.uid);
  });

  it('leaves whole what its service writes back', () => {
    for (const resource of ['services', 'endpoints', 'namespaces'] as const)
      expect(maskOf(CONTROLLER_VIEW, resource)).toBeUndefined();
    expect(maskOf(CONTROLLER_VIEW, 'crontabs.stable.example.com' as never)?.fields).toHaveProperty('metadata');
  });

  it('has a name that says what it keeps', () => {
    expect(viewId({ name: 'a', resources: {} })).not.toBe(viewId({ name: 'a', resources: {}, others: { fields: {} } }));
  });
});

describe('a guarded object', () => {
  const seen = guarded(SCHEDULER_VIEW, 'pods', pod('a')) as unknown as Record<string, Record<string, unknown>>;

  it('refuses to tell what its view does not keep, and to be copied', () => {
    expect(seen.metadata?.['name']).toBe('a');
    expect(seen.spec?.['nodeName']).toBeUndefined();
    expect(() => seen.spec?.['hostname']).toThrow('pods.spec.hostname is read, and not kept');
    expect(() => (seen.spec?.['containers'] as { command: string[] }[])[0]?.command).toThrow('not kept');
    expect(() => JSON.stringify(seen.spec)).toThrow('is copied, and not whole');
    expect(() => ({ ...seen })).toThrow('is copied, and not whole');
  });
});

describe('an interner', () => {
  it('holds equal values once, and forgets what was not seen for long', () => {
    const interner = new Interner(2);
    const first = { a: [1] };
    expect(interner.of(first)).toBe(first);
    expect(interner.of({ a: [1] })).toBe(first);
    expect([interner.of('text'), interner.of(7), interner.of(null)]).toEqual(['text', 7, null]);
    expect(interner.of({ a: [1] })).toBe(first);
    for (const text of ['p', 'q', 'r', 's', 't']) interner.of(text);
    expect(interner.of({ a: [1] })).not.toBe(first);
  });

  it('tells a text from what the text describes', () => {
    const interner = new Interner();
    expect(interner.of([1])).toEqual([1]);
    expect(interner.of('[1]')).toBe('[1]');
  });
});
