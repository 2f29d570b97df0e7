import { sameJson } from '@shiplog/apimachinery';
import { EVENT_FORMAT, type LogEvent, type StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { ChangeMismatch, changesBetween, withChanges } from './changes';
import { hashCluster } from './hash';
import { ClusterState } from './state';
import { anyJson as json, type Json } from './testing/any-json';

const CRONTABS = 'crontabs.stable.example.com';

describe('changes', () => {
  it('between two objects, made of the first, lead to the second', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        const changes = changesBetween(before, after);
        expect(sameJson(changes === undefined ? before : withChanges(before, changes), after)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are none between an object and its copy', () => {
    fc.assert(fc.property(json, (object) => expect(changesBetween(object, structuredClone(object))).toBeUndefined()));
  });

  it('lead to the same bytes after the way over JSON', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        const changes = changesBetween(before, after) ?? {};
        const logged = JSON.parse(JSON.stringify(changes)) as typeof changes;
        const copy = JSON.parse(JSON.stringify(before)) as Json;
        expect(JSON.stringify(withChanges(copy, logged))).toBe(JSON.stringify(withChanges(before, changes)));
      }),
    );
  });

  it('leave what they are made of as it was', () => {
    const before = Object.freeze({ spec: Object.freeze({ replicas: 1, paused: true }) });
    const changes = { spec: { in: { replicas: { set: 2 }, paused: { unset: true } } } } as const;
    expect(withChanges(before, changes)).toEqual({ spec: { replicas: 2 } });
    expect(before).toEqual({ spec: { replicas: 1, paused: true } });
  });

  it('tell null from nothing', () => {
    expect(changesBetween({ a: 1, b: 1 }, { a: null })).toEqual({ a: { set: null }, b: { unset: true } });
    expect(changesBetween({ a: null }, {})).toEqual({ a: { unset: true } });
    expect(changesBetween({}, { a: { b: null } })).toEqual({ a: { set: { b: null } } });
  });

  it('of a field called __proto__ are changes of data, and reach no prototype', () => {
    const after = JSON.parse('{"data":{"__proto__":{"polluted":true}}}') as Json;
    const changed = withChanges({}, changesBetween({}, after) ?? {}) as { data: object };
    expect(Object.keys(changed.data)).toEqual(['__proto__']);
    expect(({} as Json).polluted).toBeUndefined();
  });
});

describe('a log of changes of any JSON', () => {
  const about = { time: '2026-01-01T00:00:00.000Z', namespace: 'default', name: 'one', uid: 'one', node: '' };
  const reason = { version: EVENT_FORMAT, actor: 'test', commandId: 'c', commandSeq: 0 };
  const objectWith = (fields: Json): StoredObject =>
    ({
      apiVersion: 'stable.example.com/v1',
      kind: 'CronTab',
      metadata: { name: 'one', uid: 'one' },
      spec: fields,
    }) as never;

  /** What a journal would log of an object that comes to have these fields one after another. */
  function logOf(versions: readonly Json[], live: ClusterState): LogEvent[] {
    const log: LogEvent[] = [];
    for (const fields of versions) {
      const before = live.get(CRONTABS, 'default', 'one');
      const after = objectWith(fields);
      if (before !== undefined) after.metadata.resourceVersion = before.metadata.resourceVersion;
      const changes = before === undefined ? undefined : changesBetween(before, after);
      if (before !== undefined && changes === undefined) continue;
      const data = before === undefined ? { object: after } : { changes };
      const fact = before === undefined ? 'Created' : 'SpecChanged';
      const event: LogEvent = { ...about, ...reason, position: log.length + 1, resource: CRONTABS, fact, data };
      live.apply(event);
      log.push(event);
    }
    return log;
  }

  it('folds to the live state byte for byte, after its way through the log', () => {
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 8 }), (versions) => {
        const live = new ClusterState();
        const replayed = new ClusterState();
        for (const event of logOf(versions, live)) replayed.apply(JSON.parse(JSON.stringify(event)) as LogEvent);
        expect(hashCluster(replayed)).toBe(hashCluster(live));
      }),
      { numRuns: 500 },
    );
  });
});

describe('changes of a list', () => {
  const conditions = (ready: string, ...others: Json[]) => ({
    conditions: [{ type: 'Initialized', status: 'True' }, { type: 'Ready', status: ready, reason: 'why' }, ...others],
  });
  const ofConditions = (...items: unknown[]) => ({ conditions: { by: ['type'], items } });

  it('touch only the items that changed, however many there are', () => {
    expect(changesBetween(conditions('False'), conditions('True'))).toEqual(
      ofConditions({ key: ['Ready'], in: { status: { set: 'True' } } }),
    );
  });

  it('put new items behind the others and take out those that are gone', () => {
    const next = { type: 'ContainersReady', status: 'True' };
    expect(changesBetween(conditions('True'), conditions('True', next))).toEqual(ofConditions({ set: next }));
    expect(changesBetween(conditions('True', next), conditions('False'))).toEqual(
      ofConditions({ key: ['ContainersReady'], unset: true }, { key: ['Ready'], in: { status: { set: 'False' } } }),
    );
  });

  it('say the whole list where the order changed, or nothing of it is left', () => {
    const [first, second] = conditions('True').conditions;
    const turned = { conditions: [second, first] };
    expect(changesBetween(conditions('True'), turned)).toEqual({ conditions: { set: turned.conditions } });
    const others = { conditions: [{ type: 'Other' }] };
    expect(changesBetween(conditions('True'), others)).toEqual({ conditions: { set: others.conditions } });
  });

  it.each<[string, unknown[], unknown[]]>([
    ['texts', ['a'], ['a', 'b']],
    ['items that are alike', [{ name: 'a' }, { name: 'a' }], [{ name: 'a' }]],
    ['an item without a name', [{ name: 'a' }], [{ name: 'a' }, { port: 1 }]],
  ])('say the whole list of %s', (_, before, after) => {
    expect(changesBetween({ list: before }, { list: after })).toEqual({ list: { set: after } });
  });

  it('tell endpoints apart by their addresses: of a thousand, the change of one is one', () => {
    const endpoint = (ip: string, ready = true) => ({ addresses: [ip], conditions: { ready } });
    const before = { endpoints: [endpoint('10.0.0.1'), endpoint('10.0.0.2'), endpoint('10.0.0.3')] };
    const after = { endpoints: [endpoint('10.0.0.1'), endpoint('10.0.0.3', false), endpoint('10.0.0.4')] };
    const changes = changesBetween(before, after)!;
    expect(changes).toEqual({
      endpoints: {
        by: ['addresses'],
        items: [
          { key: [['10.0.0.2']], unset: true },
          { key: [['10.0.0.3']], in: { conditions: { in: { ready: { set: false } } } } },
          { set: endpoint('10.0.0.4') },
        ],
      },
    });
    expect(withChanges(before, JSON.parse(JSON.stringify(changes)) as typeof changes)).toEqual(after);
    const twice = { endpoints: [...after.endpoints, endpoint('10.0.0.4')] };
    expect(changesBetween(after, twice)).toEqual({ endpoints: { set: twice.endpoints } });
  });

  it('tell managed fields apart by their manager and what it does', () => {
    const by = ['manager', 'operation', 'apiVersion', 'subresource'];
    const entry = { manager: 'kubectl', operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:a': {} } };
    const status = { ...entry, subresource: 'status' };
    const changed = { ...status, fieldsV1: { 'f:b': {} } };
    expect(changesBetween({ managedFields: [entry, status] }, { managedFields: [entry, changed] })).toEqual({
      managedFields: {
        by,
        items: [
          {
            key: ['kubectl', 'Apply', 'v1', 'status'],
            in: { fieldsV1: { in: { 'f:b': { set: {} }, 'f:a': { unset: true } } } },
          },
        ],
      },
    });
    const one = { key: ['kubectl', 'Apply', 'v1', null], unset: true as const };
    expect(withChanges({ list: [status, entry] }, { list: { by, items: [one] } })).toEqual({ list: [status] });
  });

  it('of another object are refused', () => {
    const change = ofConditions({ key: ['Ready'], in: { status: { set: 'True' } } });
    const wrong = /^changes the item with type Ready, which is not there$/;
    expect(() => withChanges({ conditions: [{ type: 'Other' }] }, change as never)).toThrow(ChangeMismatch);
    expect(() => withChanges({ conditions: [{ type: 'Other' }] }, change as never)).toThrow(wrong);
    expect(() => withChanges({}, change as never)).toThrow('changes items where there is no list');
  });
});
