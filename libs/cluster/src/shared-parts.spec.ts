import type { StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import { anyJson } from './testing/any-json';
import { SharedParts } from './shared-parts';

const pod = (name: string, rest: object = {}, owner = 'rc'): StoredObject => {
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'ReplicationController', name: 'rc', uid: owner, controller: true },
  ];
  const metadata = {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '',
    ownerReferences,
  };
  const spec = { containers: [{ name: 'c', image: 'a', env: [{ name: 'A', value: '1' }] }], tolerations: [] };
  return JSON.parse(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec, ...rest })) as StoredObject;
};

describe('what objects have in common', () => {
  it('is held once, of siblings that differ elsewhere', () => {
    const parts = new SharedParts();
    const a = parts.share('pods', pod('a'));
    const b = parts.share('pods', pod('b'));
    expect(b.spec).toBe(a.spec);
    expect(b.metadata.ownerReferences).toBe(a.metadata.ownerReferences);
    expect(b.metadata).not.toBe(a.metadata);
    const other = {
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'b', env: [{ name: 'A', value: '1' }] }] },
    };
    const c = parts.share('pods', pod('c', other)) as StoredObject & typeof other;
    expect(c.spec).toEqual(other.spec);
    expect(c.spec.containers[0]?.env).toBe((a as typeof c).spec.containers[0]?.env);
  });

  it('is never what is not equal byte for byte: each object stays as it was, and so do those before it', () => {
    const objects = fc.array(fc.tuple(anyJson, fc.constantFrom('rc', 'db')), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(objects, (versions) => {
        const parts = new SharedParts();
        const made = versions.map(([rest, owner], n) => pod(String(n), { data: rest }, owner));
        const texts = made.map((object) => JSON.stringify(object));
        for (const object of made) parts.share('pods', object);
        expect(made.map((object) => JSON.stringify(object))).toEqual(texts);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not made of fields in another order', () => {
    const parts = new SharedParts();
    parts.share('pods', pod('a', { data: { x: 1, y: [2] } }));
    const b = parts.share('pods', pod('b', { data: { y: [2], x: 1 } }));
    expect(JSON.stringify(b['data'])).toBe('{"y":[2],"x":1}');
  });
});
