import type { KubeObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { aPod, rejectionOf, valueOf, expected } from '../testing/objects';
import { applyPatch } from './index';

const pod = (spec: object, metadata: KubeObject['metadata'] = {}): KubeObject => aPod(spec as never, metadata);
const strategic = (current: KubeObject, patch: unknown) =>
  valueOf(applyPatch(expected('pods'), 'strategic', current, patch));
const containersOf = (object: KubeObject) => (object['spec'] as { containers: unknown }).containers;

describe('a JSON patch', () => {
  it('adds, replaces, removes, moves, copies and tests', () => {
    const patched = valueOf(
      applyPatch(expected('pods'), 'json', aPod({}, { labels: { a: '1', b: '2' } }), [
        { op: 'test', path: '/metadata/labels/a', value: '1' },
        { op: 'replace', path: '/metadata/labels/a', value: '3' },
        { op: 'add', path: '/metadata/labels/x~1y', value: '4' },
        { op: 'move', from: '/metadata/labels/b', path: '/metadata/labels/c' },
        { op: 'copy', from: '/metadata/labels/a', path: '/metadata/labels/d' },
        { op: 'remove', path: '/metadata/labels/a' },
      ]),
    );
    expect(patched.metadata.labels).toEqual({ 'x/y': '4', c: '2', d: '3' });
  });

  it('leaves the object that it is applied to alone', () => {
    const current = aPod({}, { labels: { a: '1' } });
    applyPatch(expected('pods'), 'json', current, [{ op: 'remove', path: '/metadata/labels/a' }]);
    expect(current.metadata.labels).toEqual({ a: '1' });
  });

  it.each([
    [[{ op: 'test', path: '/metadata/name', value: 'other' }], 422, /testing value \/metadata\/name failed/],
    [
      [{ op: 'remove', path: '/metadata/nothing' }],
      422,
      /remove operation does not apply: doc is missing path: \/metadata\/nothing/,
    ],
    [[{ op: 'replace', path: '/spec/containers/9/image', value: 'x' }], 422, /does not apply|missing/i],
    [[{ op: 'add', path: '/__proto__/polluted', value: 1 }], 422, /doc is missing path: \/__proto__\/polluted/],
    [[{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }], 422, /doc is missing path: \/constructor/],
    [[{ op: { toString: 1 }, path: '/a' }], 400, /Unexpected kind: \{"toString":1\}/],
    [[{ op: 'remove' }], 422, /`path` must be a string/],
    [[{ op: 'add', path: 'a', value: 1 }], 422, /must start with a slash/],
    [[{ op: 'add', path: '/metadata/labels' }], 422, /add operation has no value/],
    [[{ op: 'move', from: '/metadata', path: '/metadata/labels' }], 422, /does not apply/],
    [[{ op: 'dance', path: '/a' }], 400, /Unexpected kind: dance/],
    [{ op: 'add' }, 400, /cannot unmarshal object into Go value of type \[\]interface/],
    [[{ op: 'remove', path: '' }], 422, /no object/],
    [new Array(10_001).fill({ op: 'test', path: '/a', value: 1 }), 413, /allowed maximum operations/],
  ])('%# is refused with its fault', (patch, code, message) => {
    const status = rejectionOf(applyPatch(expected('pods'), 'json', aPod(), patch));
    expect(status.code).toBe(code);
    expect(status.message).toMatch(message);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('a merge patch', () => {
  it('removes by null and replaces lists whole', () => {
    const current = pod({ containers: [{ name: 'a', image: 'x' }], nodeName: 'n' }, { labels: { a: '1', b: '2' } });
    const patch = { metadata: { labels: { a: null, c: '3' } }, spec: { containers: [{ name: 'b', image: 'y' }] } };
    const patched = valueOf(applyPatch(expected('pods'), 'merge', current, patch));
    expect(patched.metadata.labels).toEqual({ b: '2', c: '3' });
    expect(patched['spec']).toEqual({ containers: [{ name: 'b', image: 'y' }], nodeName: 'n' });
  });

  it('must be an object', () => {
    expect(rejectionOf(applyPatch(expected('pods'), 'merge', aPod(), [])).code).toBe(400);
  });
});

describe('a strategic merge patch', () => {
  it('merges containers by name and adds those that are new', () => {
    const current = pod({ containers: [{ name: 'a', image: 'x', env: [{ name: 'K', value: '1' }] }] });
    const patch = {
      spec: {
        containers: [
          { name: 'a', image: 'y', env: [{ name: 'L', value: '2' }] },
          { name: 'b', image: 'z' },
        ],
      },
    };
    expect(containersOf(strategic(current, patch))).toEqual([
      {
        name: 'a',
        image: 'y',
        env: [
          { name: 'L', value: '2' },
          { name: 'K', value: '1' },
        ],
      },
      { name: 'b', image: 'z' },
    ]);
  });

  it('deletes an item of a merged list by $patch: delete', () => {
    const current = pod({
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'y' },
      ],
    });
    const patch = { spec: { containers: [{ name: 'a', $patch: 'delete' }] } };
    expect(containersOf(strategic(current, patch))).toEqual([{ name: 'b', image: 'y' }]);
  });

  it('replaces a merged list by $patch: replace among its items', () => {
    const current = pod({ containers: [{ name: 'a', image: 'x' }] });
    const patch = { spec: { containers: [{ $patch: 'replace' }, { name: 'b', image: 'y' }] } };
    expect(containersOf(strategic(current, patch))).toEqual([{ name: 'b', image: 'y' }]);
  });

  it('replaces an object by $patch: replace in it, and empties it by $patch: delete', () => {
    const current = aPod({}, { labels: { a: '1' }, annotations: { b: '2' } });
    const patched = strategic(current, {
      metadata: { labels: { $patch: 'replace', c: '3' }, annotations: { $patch: 'delete' } },
    });
    expect(patched.metadata).toMatchObject({ labels: { c: '3' }, annotations: {} });
  });

  it('replaces lists that are atomic', () => {
    const current = pod({ containers: [{ name: 'a', image: 'x', args: ['1', '2'] }] });
    expect(containersOf(strategic(current, { spec: { containers: [{ name: 'a', args: ['3'] }] } }))).toEqual([
      { name: 'a', image: 'x', args: ['3'] },
    ]);
  });

  it('merges finalizers as a set and takes some out by $deleteFromPrimitiveList', () => {
    const current = aPod({}, { finalizers: ['a/a', 'b/b'] });
    expect(strategic(current, { metadata: { finalizers: ['b/b', 'c/c'] } }).metadata.finalizers).toEqual([
      'a/a',
      'b/b',
      'c/c',
    ]);
    const without = strategic(current, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/a'] } });
    expect(without.metadata.finalizers).toEqual(['b/b']);
  });

  it('lets one kind of volume take the place of another by $retainKeys', () => {
    const current = pod({ volumes: [{ name: 'v', emptyDir: {} }] });
    const patch = { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] } };
    expect(strategic(current, patch)['spec']).toMatchObject({ volumes: [{ name: 'v', hostPath: { path: '/x' } }] });
    expect(JSON.stringify(strategic(current, patch))).not.toContain('emptyDir');
  });

  it('puts items in the client’s order, and those only the server has near their old place', () => {
    const names = (...list: string[]) => list.map((name) => ({ name, image: 'x' }));
    const current = pod({ containers: names('a', 'injected', 'b', 'c') });
    const order = ['c', 'new', 'b', 'a'].map((name) => ({ name }));
    const patched = strategic(current, {
      spec: { '$setElementOrder/containers': order, containers: [{ name: 'new', image: 'x' }] },
    });
    expect((containersOf(patched) as { name: string }[]).map(({ name }) => name)).toEqual([
      'injected',
      'c',
      'new',
      'b',
      'a',
    ]);
  });

  it('puts a new item before those only the server has, where the client says nothing of the order', () => {
    const current = pod({ containers: [{ name: 'a', image: 'x' }] });
    const patched = strategic(current, { spec: { containers: [{ name: 'new', image: 'y' }] } });
    expect(containersOf(patched)).toEqual([
      { name: 'new', image: 'y' },
      { name: 'a', image: 'x' },
    ]);
  });

  it('reorders also without items of its own', () => {
    const current = pod({
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    });
    const patched = strategic(current, { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } });
    expect((containersOf(patched) as { name: string }[]).map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it('leaves no directive in the result, however deep', () => {
    const patch = {
      spec: {
        affinity: { $patch: 'replace', nodeAffinity: {} },
        securityContext: { $retainKeys: ['runAsUser'], runAsUser: 1 },
      },
    };
    expect(JSON.stringify(strategic(aPod(), patch))).not.toContain('$');
  });

  it.each([
    [{ spec: { containers: [{ image: 'x' }] } }, /map: map\[image:x\] does not contain declared merge key: name/],
    [{ spec: { containers: ['x'] } }, /holds objects only/],
    [{ metadata: { labels: { $patch: 'explode' } } }, /unknown patch type: explode/],
    [{ metadata: { '$deleteFromPrimitiveList/finalizers': 'x' } }, /must be a list/],
    [[], /Go value of type map/],
  ])('%j is refused with a 400', (patch, message) => {
    const status = rejectionOf(applyPatch(expected('pods'), 'strategic', aPod(), patch));
    expect(status.code).toBe(400);
    expect(status.message).toMatch(message);
  });

  it('works on the Scale of a controller too', () => {
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 2 } };
    const patched = valueOf(
      applyPatch(expected('replicationcontrollers'), 'strategic', scale, { spec: { replicas: 5 } }),
    );
    expect(patched['spec']).toEqual({ replicas: 5 });
  });

  it('of an object with itself changes nothing, and applied twice is as applied once', () => {
    const image = fc.constantFrom('x:1', 'y:2', 'z:3');
    const containers = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        image,
        args: fc.array(image, { minLength: 1, maxLength: 2 }),
      }),
      { selector: ({ name }) => name, minLength: 1 },
    );
    const labels = fc.dictionary(fc.constantFrom('p', 'q', 'r'), image);
    const object = fc.tuple(containers, labels).map(([list, marks]) => pod({ containers: list }, { labels: marks }));
    fc.assert(
      fc.property(object, object, (current, patch) => {
        expect(strategic(current, current)).toEqual(current);
        const before = JSON.stringify(current);
        const once = strategic(current, patch);
        expect(strategic(once, patch)).toEqual(once);
        expect(JSON.stringify(current)).toBe(before);
        const kept = (containersOf(once) as { name: string }[]).map(({ name }) => name);
        for (const { name } of containersOf(patch) as { name: string }[]) expect(kept).toContain(name);
      }),
    );
  });
});
