import type { ObjectMeta, OwnerReference } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, aPod, causesOf } from '../testing/builders';

const causes = (metadata: Partial<ObjectMeta>) => causesOf(admitCreate('pods', aPod({}, metadata), admission()));
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
      `${at}: Invalid value: {"apiVersion":"v1","kind":"Event","name":"a","uid":"u"}: /v1, Kind=Event is disallowed from being an owner`,
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
