import { builtIn, type ObjectMeta, type OwnerReference } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admitUpdate } from '../update';
import { admission, aPod, causesOf, created, valueOf } from '../testing/builders';
import type { KubeObject } from '@shiplog/contracts';

const causes = (metadata: Partial<ObjectMeta>) =>
  causesOf(admitCreate(builtIn('pods'), aPod({}, metadata), admission()));
const owner = (fields: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web',
  uid: 'u',
  ...fields,
});
const at = 'metadata.ownerReferences';

describe('an object’s owners', () => {
  it.each<[string, OwnerReference[], string]>([
    ['no version', [owner({ apiVersion: '' })], `${at}.apiVersion: Invalid value: "": version must not be empty`],
    [
      'a version of nothing',
      [owner({ apiVersion: 'apps/' })],
      `${at}.apiVersion: Invalid value: "apps/": version must not be empty`,
    ],
    ['no kind', [owner({ kind: '' })], `${at}.kind: Invalid value: "": must not be empty`],
    ['no name', [owner({ name: '' })], `${at}.name: Invalid value: "": must not be empty`],
    ['no uid', [owner({ uid: '' })], `${at}.uid: Invalid value: "": must not be empty`],
    [
      'an event',
      [{ apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'u' }],
      `${at}: Invalid value: &OwnerReference{Kind:Event,Name:a,UID:u,APIVersion:v1,Controller:nil,BlockOwnerDeletion:nil,}: /v1, Kind=Event is disallowed from being an owner`,
    ],
  ])('are refused with %s', (_what, ownerReferences, cause) => {
    expect(causes({ ownerReferences })).toEqual([cause]);
  });

  it('have one controller among them', () => {
    const both = [owner({ controller: true }), owner({ name: 'other', controller: true })];
    const found = 'Found "true" in references for ReplicaSet/web and ReplicaSet/other';
    expect(causes({ ownerReferences: both })).toEqual([
      expect.stringContaining(`Only one reference can have Controller set to true. ${found}`),
    ]);
  });

  it('can be of any other kind', () => {
    const event = owner({ apiVersion: 'events.k8s.io/v1', kind: 'Event' });
    expect(causes({ ownerReferences: [owner({ controller: true }), owner({ apiVersion: 'v1' }), event] })).toEqual([]);
  });
});

describe('owners that are given twice', () => {
  it('are kept once', () => {
    const owners = [owner(), owner({ uid: 'v' }), owner(), owner({ name: 'other' })];
    const pod = created('pods', aPod({}, { ownerReferences: owners }));
    expect(pod.metadata.ownerReferences).toEqual([owner(), owner({ uid: 'v' }), owner({ name: 'other' })]);
    const sent = { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner(), owner()] } } as KubeObject;
    const after = valueOf(admitUpdate(builtIn('pods'), undefined, pod, sent, admission()));
    expect(after.metadata.ownerReferences).toEqual([owner()]);
  });
});

describe('the metadata of an object', () => {
  const update = (metadata: Partial<ObjectMeta>, before = created('pods', aPod())) =>
    admitUpdate(
      builtIn('pods'),
      undefined,
      before,
      { ...before, metadata: { ...before.metadata, ...metadata } } as KubeObject,
      admission(),
    );

  it('says by no update that it is to go', () => {
    expect(causesOf(update({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 }))).toEqual([
      'metadata.deletionTimestamp: Invalid value: 2026-01-01 00:00:00 +0000 UTC: field is immutable',
      'metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable',
    ]);
  });

  it('keeps when it was made, whatever is sent', () => {
    const before = created('pods', aPod());
    expect(valueOf(update({ creationTimestamp: '2020-01-01T00:00:00Z' }, before)).metadata).toBe(before.metadata);
  });

  it('is told of a finalizer that is no name without its place', () => {
    expect(causes({ finalizers: ['a b/c'] })).toEqual([
      expect.stringMatching(/^metadata\.finalizers: Invalid value: "a b\/c": prefix part/),
    ]);
    expect(causes({ finalizers: ['mine'] })).toEqual([
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });

  it('of what has no namespace forgets one that is sent, and a version 0', () => {
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n', namespace: 'default', resourceVersion: '0' },
    };
    const { metadata } = valueOf(admitCreate(builtIn('nodes'), node, admission()));
    expect(metadata).not.toHaveProperty('namespace');
    expect(metadata).not.toHaveProperty('resourceVersion');
  });
});
