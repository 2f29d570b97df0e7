import { builtIn, type StoredObject } from '@shiplog/contracts';
import fc from 'fast-check';
import {
  FewObjects,
  SEED,
  aController,
  aPod,
  admission,
  created,
  fieldsOf,
  rejectionOf,
  stored,
  valueOf,
} from './testing/builders';
import { admitCreate } from './create';
import { admitUpdate } from './update';

const create = (metadata: object, ctx = admission()) => admitCreate(builtIn('pods'), aPod({}, metadata), ctx);

describe('creating', () => {
  it('stamps uid, time and generation, whatever was sent', () => {
    const sent = {
      uid: 'mine',
      creationTimestamp: '2000-01-01T00:00:00Z',
      generation: 9,
      deletionTimestamp: '2000-01-01T00:00:00Z',
    };
    expect(valueOf(create(sent)).metadata).toEqual({
      name: 'web',
      namespace: 'default',
      uid: SEED,
      creationTimestamp: '2024-05-05T01:02:03Z',
      generation: 1,
    });
  });

  it('makes up the end of a name from the seed, in letters that make no words', () => {
    const unnamed = { name: undefined, generateName: 'web-' };
    const name = valueOf(create(unnamed)).metadata.name;
    expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(valueOf(create(unnamed)).metadata.name).toBe(name);
    const taken = admission({ state: new FewObjects().put('pods', stored(aPod({}, { name }))) });
    expect(valueOf(create(unnamed, taken)).metadata.name).not.toBe(name);
    expect(valueOf(create({ ...unnamed, generateName: 'x'.repeat(80) })).metadata.name).toHaveLength(63);
  });

  it('seldom gives two seeds one name', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 100, maxLength: 100 }), (seeds) => {
        const names = seeds.map(
          (seed) => valueOf(create({ name: undefined, generateName: 'a-' }, admission({ seed }))).metadata.name,
        );
        expect(new Set(names).size).toBeGreaterThan(97);
      }),
      { numRuns: 10 },
    );
  });

  it('needs a name, and takes no resourceVersion', () => {
    expect(rejectionOf(create({ name: undefined })).message).toBe(
      'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
    );
    expect(rejectionOf(create({ resourceVersion: '3' })).code).toBe(400);
  });

  it('happens in the namespace of the request', () => {
    expect(valueOf(create({ namespace: undefined }, admission({ namespace: 'default' }))).metadata.namespace).toBe(
      'default',
    );
    expect(rejectionOf(create({ namespace: 'default' }, admission({ namespace: 'other' }))).message).toBe(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
    expect(rejectionOf(create({ namespace: undefined })).code).toBe(400);
    expect(rejectionOf(create({ namespace: 'nowhere' })).message).toBe('namespaces "nowhere" not found');
  });

  it('is over in a namespace that is on its way out', () => {
    const leaving = stored({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'going', deletionTimestamp: '2024-01-01T00:00:00Z' },
    });
    const status = rejectionOf(
      create({ namespace: 'going' }, admission({ state: new FewObjects().put('namespaces', leaving) })),
    );
    expect(status.message).toBe(
      'pods "web" is forbidden: unable to create new content in namespace going because it is being terminated',
    );
    expect(status.details?.causes?.[0]?.reason).toBe('NamespaceTerminating');
  });

  it.each([
    [{ labels: { 'a b': 'c' } }, ['metadata.labels']],
    [{ labels: { a: 'b c' } }, ['metadata.labels']],
    [{ annotations: { 'a b': 'c' } }, ['metadata.annotations']],
    [{ annotations: { a: 'x'.repeat(262_145) } }, ['metadata.annotations']],
    [{ finalizers: ['mine'] }, ['metadata.finalizers[0]']],
    [{ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '' }] }, ['metadata.ownerReferences.uid']],
    [{ name: 'a/b' }, ['metadata.name']],
  ])('with %# bad metadata is refused', (metadata, fields) => {
    expect(fieldsOf(create(metadata))).toEqual(fields);
  });
});

describe('replacing', () => {
  const before = created('replicationcontrollers', aController()) as StoredObject;
  const replace = (change: object, subresource?: string) =>
    admitUpdate(builtIn('replicationcontrollers'), subresource, before, { ...before, ...change }, admission());

  it('with the same changes nothing, not even a reference', () => {
    const after = valueOf(replace({}));
    expect(after).toEqual(before);
    expect(after['spec']).toBe(before['spec']);
    expect(after.metadata).toBe(before.metadata);
  });

  it('counts a generation for a new spec only', () => {
    const spec = { ...(before['spec'] as object), replicas: 7 };
    expect(valueOf(replace({ spec })).metadata.generation).toBe(2);
    expect(valueOf(replace({ metadata: { ...before.metadata, labels: { a: 'b' } } })).metadata.generation).toBe(1);
  });

  it('keeps status on the main resource, and everything but status and metadata on the other', () => {
    const both = { spec: { ...(before['spec'] as object), replicas: 7 }, status: { replicas: 3 } };
    const main = valueOf(replace(both));
    expect(main['status']).toEqual({ replicas: 0 });
    expect(main['spec']).toMatchObject({ replicas: 7 });
    const labelled = { ...before.metadata, labels: { new: 'label' } };
    const status = valueOf(replace({ ...both, metadata: labelled }, 'status'));
    expect(status).toEqual({ ...before, metadata: labelled, status: { replicas: 3 } });
    expect(valueOf(replace({}, 'status'))).toBe(before);
  });

  it('keeps what only the system says of an object', () => {
    const metadata = {
      ...before.metadata,
      creationTimestamp: '2000-01-01T00:00:00Z',
      generation: 99,
    };
    expect(valueOf(replace({ metadata })).metadata).toEqual(before.metadata);
  });

  it('is refused when another has written meanwhile, or the object is another by now', () => {
    expect(rejectionOf(replace({ metadata: { ...before.metadata, resourceVersion: '6' } }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on replicationcontrollers "web": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect(rejectionOf(replace({ metadata: { ...before.metadata, uid: 'other' } })).message).toContain(
      'Precondition failed: UID in precondition: other, UID in object meta:',
    );
  });

  it('takes a resourceVersion of 0 for whichever there is', () => {
    expect(valueOf(replace({ metadata: { ...before.metadata, resourceVersion: '0' } })).metadata.uid).toBe(
      before.metadata.uid,
    );
  });

  it('is possible without a resourceVersion', () => {
    expect(valueOf(replace({ metadata: { name: 'web' } })).metadata).toEqual(before.metadata);
  });

  it('is refused under another name or namespace', () => {
    expect(rejectionOf(replace({ metadata: { name: 'other' } })).message).toBe(
      'the name of the object (other) does not match the name on the URL (web)',
    );
    expect(rejectionOf(replace({ metadata: { name: 'web', namespace: 'other' } })).code).toBe(400);
  });

  it('of an object that is to go may take finalizers away but add none', () => {
    const leaving = stored({
      ...before,
      metadata: { ...before.metadata, deletionTimestamp: '2024-01-01T00:00:00Z', finalizers: ['a/b'] },
    });
    const update = (finalizers: string[]) =>
      admitUpdate(
        builtIn('replicationcontrollers'),
        undefined,
        leaving,
        { ...leaving, metadata: { ...leaving.metadata, finalizers } },
        admission(),
      );
    expect(valueOf(update([])).metadata).not.toHaveProperty('finalizers');
    expect(rejectionOf(update(['a/b', 'c/d'])).message).toContain('found new finalizers []string{"c/d"}');
  });

  it('of a subresource that the kind does not have is refused', () => {
    expect(rejectionOf(replace({}, 'binding')).code).toBe(405);
  });
});
