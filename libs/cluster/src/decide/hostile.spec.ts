import { GRACE_SECONDS, JSON_PATCH_COPY_BYTES, OBJECT_BYTES, type PatchType } from '@shiplog/contracts';
import { hashCluster } from '../hash';
import { ClusterState } from '../state';
import { bind, cluster, create, createPod, remove, type Asked, type TestCluster } from './testing/given';

const configMap = { resource: 'configmaps' as const, namespace: 'default', name: 'x' };
const patch = (patchType: PatchType, change: unknown): Asked => ({
  type: 'PatchObject',
  data: { ...configMap, patchType, patch: change },
});
const json = (text: string): never => JSON.parse(text) as never;

function folded(at: TestCluster): ClusterState {
  const state = new ClusterState();
  for (const event of at.log) state.apply(event);
  return state;
}

describe('a key called __proto__', () => {
  it.each<[string, Asked]>([
    ['a merge patch', patch('merge', json('{"data":{"__proto__":"2","c":"3"}}'))],
    ['a strategic merge patch', patch('strategic', json('{"data":{"__proto__":"2","c":"3"}}'))],
    [
      'a JSON patch',
      patch('json', [
        { op: 'add', path: '/data/__proto__', value: '2' },
        { op: 'add', path: '/data/c', value: '3' },
      ]),
    ],
  ])('is kept as any other: by a create and by %s, live and in the fold', (_, change) => {
    const at = cluster().given(create('configmaps', 'x', { data: json('{"__proto__":"1","b":"1"}') }));
    expect(JSON.stringify(at.get('configmaps', 'default', 'x')?.['data'])).toBe('{"__proto__":"1","b":"1"}');
    at.given(change);
    const keys = Object.entries(at.get('configmaps', 'default', 'x')?.['data'] as object).sort();
    expect(keys).toEqual([
      ['__proto__', '2'],
      ['b', '1'],
      ['c', '3'],
    ]);
    expect(hashCluster(folded(at))).toBe(hashCluster(at.state));
    at.given(patch('merge', json('{"data":{"__proto__":null}}')));
    expect(Object.keys(at.get('configmaps', 'default', 'x')?.['data'] as object).sort()).toEqual(['b', 'c']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is one of a Secret’s too, also from stringData', () => {
    const at = cluster().given({
      type: 'CreateObject',
      data: {
        resource: 'secrets',
        namespace: 'default',
        object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: json('{"__proto__":"x"}') },
      },
    });
    expect(JSON.stringify(at.get('secrets', 'default', 's')?.['data'])).toBe('{"__proto__":"eA=="}');
  });

  it('is none of a label, by Kubernetes’ rule for these', () => {
    const { rejection } = cluster().when(
      create('configmaps', 'x', { metadata: { labels: json('{"__proto__":"1"}') } }),
    );
    expect(rejection).toMatchObject({ code: 422, message: expect.stringContaining('metadata.labels: Invalid value') });
  });
});

describe('a grace period beyond what a time can hold', () => {
  it.each([
    ['of the pod', Number.MAX_SAFE_INTEGER, undefined],
    ['of the request', 30, 999_999_999_999_999],
  ])('%s is taken for the longest: the pod can be deleted, and sooner when asked again', (_, own, asked) => {
    const at = cluster('n').given(createPod('p', { terminationGracePeriodSeconds: own }));
    at.given(bind(at, 'p', 'n')).given(remove('pods', 'p', { gracePeriodSeconds: asked }));
    expect(at.get('pods', 'default', 'p')?.metadata).toMatchObject({
      deletionGracePeriodSeconds: GRACE_SECONDS,
      deletionTimestamp: '2094-01-19T03:14:12Z',
    });
    at.given(remove('pods', 'p', { gracePeriodSeconds: 10 }));
    expect(at.get('pods', 'default', 'p')?.metadata).toMatchObject({
      deletionGracePeriodSeconds: 10,
      deletionTimestamp: '2026-01-01T00:00:15Z',
    });
    at.given(remove('pods', 'p', { gracePeriodSeconds: 0 }));
    expect(at.get('pods', 'default', 'p')).toBeUndefined();
  });
});

describe('a JSON patch', () => {
  it('that copies more than it may is refused in Kubernetes’ words', () => {
    const copies = Array.from({ length: 24 }, (_, i) => ({ op: 'copy', from: '/x', path: `/x/y${i}` }));
    const value = { a: 'b'.repeat(1_000) };
    const at = cluster().given(create('configmaps', 'x'));
    const { rejection } = at.when(patch('json', [{ op: 'add', path: '/x', value }, ...copies]));
    expect(rejection).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: expect.stringMatching(
        new RegExp(
          `^Request entity is too large: Unable to complete the copy, the accumulated size increase of copy operations is \\d+, exceeding the limit ${JSON_PATCH_COPY_BYTES}$`,
        ),
      ),
    });
  });

  it('that makes a document deeper than any may be is refused, not followed to its bottom', () => {
    const deep = json(`${'{"a":'.repeat(190)}1${'}'.repeat(190)}`);
    const steps = Array.from({ length: 100 }, (_, i) => ({
      op: 'add',
      path: `${'/a'.repeat(190 * i)}/a`,
      value: deep,
    }));
    const at = cluster().given(create('configmaps', 'x'));
    expect(at.when(patch('json', steps)).rejection).toMatchObject({
      code: 400,
      message: expect.stringContaining('nested deeper'),
    });
  });
});

describe('an object that grows by patches', () => {
  it('stops before it is larger than a request may be', () => {
    const at = cluster().given(create('configmaps', 'x'));
    const finalizers = (from: number): string[] =>
      Array.from({ length: 20_000 }, (_, i) => `example.org/${'f'.repeat(40)}-${from + i}`);
    let rejection;
    for (let from = 0; rejection === undefined && from < 100; from++) {
      ({ rejection } = at.when(patch('strategic', { metadata: { finalizers: finalizers(from * 20_000) } })));
    }
    expect(rejection).toMatchObject({ code: 413, message: `Request entity is too large: limit is ${OBJECT_BYTES}` });
    expect(JSON.stringify(at.get('configmaps', 'default', 'x')).length).toBeLessThan(OBJECT_BYTES + 100);
  });
});

describe('an object that is wrong in very many places', () => {
  it('is refused with the first of them, in an answer that fits into a message', () => {
    const data = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`?${i}`, '']));
    const { reply } = cluster().when(create('configmaps', 'x', { data }));
    expect(reply).toMatchObject({ ok: false, status: { code: 422 } });
    expect(JSON.stringify(reply).length).toBeLessThan(1_000_000);
  });
});
