import type { ObjectOf } from '@shiplog/contracts';
import { decideTokenSecret, TOKEN_SECRET } from './decide/token-secret';

const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const secretOf = (annotations: Record<string, string>, data?: Record<string, string>, more: object = {}) =>
  ({
    type: TOKEN_SECRET,
    metadata: { name: 'till-token', namespace: 'shop', uid: 's1', resourceVersion: '7', annotations, ...more },
    ...(data === undefined ? {} : { data }),
  }) as ObjectOf<'secrets'>;
const account = {
  metadata: { name: 'till', namespace: 'shop', uid: 'a1', resourceVersion: '3' },
} as ObjectOf<'serviceaccounts'>;
const FULL = { token: base64('t'), 'ca.crt': base64('PEM'), namespace: base64('shop') };
const decide = (secret: ObjectOf<'secrets'>, found: ObjectOf<'serviceaccounts'> | undefined = account) =>
  decideTokenSecret({ secret, account: found, authority: 'PEM' });

describe('a Secret for the token of a service account', () => {
  it('is given all that it lacks, as long as nobody else changes it', () => {
    const decision = decide(secretOf({ [NAME]: 'till' }));
    if (decision.kind !== 'fill') throw new Error('must be filled');
    expect(decision.isTokenMissing).toBe(true);
    expect(decision.command('t')).toEqual({
      type: 'PatchObject',
      data: {
        resource: 'secrets',
        namespace: 'shop',
        name: 'till-token',
        patchType: 'merge',
        patch: { metadata: { uid: 's1', resourceVersion: '7', annotations: { [UID]: 'a1' } }, data: FULL },
      },
    });
  });

  it('keeps its token when something else of it is wrong', () => {
    const decision = decide(secretOf({ [NAME]: 'till', [UID]: 'a1' }, { ...FULL, 'ca.crt': base64('old') }));
    if (decision.kind !== 'fill') throw new Error('must be filled');
    expect(decision.isTokenMissing).toBe(false);
    expect(decision.command('')).toMatchObject({ data: { patch: { data: { 'ca.crt': FULL['ca.crt'] } } } });
  });

  it.each([
    ['it has all', secretOf({ [NAME]: 'till', [UID]: 'a1' }, FULL)],
    ['it is of another type', { ...secretOf({ [NAME]: 'till' }), type: 'Opaque' }],
    ['it is on its way out', secretOf({ [NAME]: 'till' }, undefined, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
  ])('stays as it is when %s', (_, secret) => expect(decide(secret)).toEqual({ kind: 'none' }));

  const DELETED = {
    kind: 'delete',
    command: {
      type: 'DeleteObject',
      data: {
        resource: 'secrets',
        namespace: 'shop',
        name: 'till-token',
        preconditions: { uid: 's1', resourceVersion: '7' },
      },
    },
  };
  it('goes with its account, and when the account is another one of the name', () => {
    const secret = secretOf({ [NAME]: 'till', [UID]: 'a0' }, FULL);
    expect(decide(secret)).toEqual(DELETED);
    expect(decideTokenSecret({ secret, account: undefined, authority: '' })).toEqual(DELETED);
  });
});
