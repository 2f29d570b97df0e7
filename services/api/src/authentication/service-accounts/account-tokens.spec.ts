import { createHmac, createPublicKey } from 'node:crypto';
import { makeSigningKeys, publicKeyOf } from '@shiplog/pki';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import type { TokenRequest } from '@shiplog/contracts';
import { AccountWorld, ISSUER, NOW } from '../testing/account-world';
import type { Authenticated } from '../authenticator';
import { claimsOf, type AccountClaims, type Grant } from './claims';
import { readSigningKeys } from './signing-keys';

const HOUR_MS = 3_600_000;

let world: AccountWorld;
beforeEach(() => {
  world = new AccountWorld();
  world.put('serviceaccounts', 'shop', 'till', 'sa-1');
  world.put('nodes', '', 'minion-1', 'node-1');
  world.put('pods', 'shop', 'till-0', 'pod-1', { spec: { serviceAccountName: 'till', nodeName: 'minion-1' } });
  world.put('secrets', 'shop', 'till-token', 'secret-1');
});
afterEach(() => world.remove());

const request = (spec: object = {}, metadata: object = {}): TokenRequest =>
  ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec }) as TokenRequest;
const grant = (spec: object = {}): Promise<TokenRequest> =>
  world.requests.grant(request(spec), { namespace: 'shop', name: 'till' });
const tokenOf = async (spec: object = {}): Promise<string> => (await grant(spec)).status?.token ?? '';
const known = async (token: string, audiences?: string[]): Promise<Authenticated | undefined> =>
  world.authenticator.authenticateToken(token, audiences);
const bound = (kind: string, name: string, uid?: string) => ({ boundObjectRef: { apiVersion: 'v1', kind, name, uid } });

describe('a token of a service account', () => {
  it('says what tokens of Kubernetes say, and whose it is', async () => {
    const { status, spec } = await grant();
    expect(status?.expirationTimestamp).toBe('2026-11-27T10:00:00Z');
    expect(spec).toEqual({ audiences: [ISSUER], expirationSeconds: 3600 });
    const from = NOW / 1000;
    const claims = decodeJwt(status?.token ?? '');
    expect(claims).toEqual({
      aud: [ISSUER],
      exp: from + 3600,
      iat: from,
      iss: ISSUER,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'till', uid: 'sa-1' } },
      nbf: from,
      sub: 'system:serviceaccount:shop:till',
    });
    expect(await known(status?.token ?? '')).toEqual({
      audiences: [ISSUER],
      user: {
        name: 'system:serviceaccount:shop:till',
        uid: 'sa-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
      },
    });
  });

  it('names the pod that it is bound to, with its node', async () => {
    const token = await tokenOf(bound('Pod', 'till-0', 'pod-1'));
    expect(decodeJwt(token)['kubernetes.io']).toMatchObject({
      pod: { name: 'till-0', uid: 'pod-1' },
      node: { name: 'minion-1', uid: 'node-1' },
    });
    expect((await known(token))?.user.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['till-0'],
      'authentication.kubernetes.io/pod-uid': ['pod-1'],
      'authentication.kubernetes.io/node-name': ['minion-1'],
      'authentication.kubernetes.io/node-uid': ['node-1'],
    });
  });

  it('of a pod that reads it only once is good for a year, and says from when it should be new', async () => {
    const { status } = await grant({ ...bound('Pod', 'till-0'), expirationSeconds: 3607 });
    expect(status?.expirationTimestamp).toBe('2026-11-27T10:00:07Z');
    const claims = decodeJwt(status?.token ?? '');
    expect(claims).toMatchObject({
      exp: NOW / 1000 + 31_536_000,
      'kubernetes.io': { warnafter: NOW / 1000 + 3607 },
    });
    const other = await tokenOf({ ...bound('Pod', 'till-0'), expirationSeconds: 3607, audiences: ['vault'] });
    expect(decodeJwt(other).exp).toBe(NOW / 1000 + 3607);
  });

  it('is for its audiences only', async () => {
    const token = await tokenOf({ audiences: ['vault', 'till'] });
    expect(await known(token)).toBeUndefined();
    expect((await known(token, ['till', 'other']))?.audiences).toEqual(['till']);
    expect(await known(await tokenOf(), ['vault'])).toBeUndefined();
  });

  it('is good from its beginning to its end, and a minute more on both sides, also once it was seen', async () => {
    const token = await tokenOf();
    const at = async (ms: number): Promise<boolean> => {
      world.now = NOW + ms;
      return (await known(token)) !== undefined;
    };
    expect(await at(0)).toBe(true);
    expect(await at(-60_000)).toBe(true);
    expect(await at(-60_001)).toBe(false);
    expect(await at(HOUR_MS + 59_999)).toBe(true);
    expect(await at(HOUR_MS + 60_000)).toBe(false);
  });

  const TOKENS: [string, object, () => void][] = [
    ['its account is deleted', {}, () => world.take('serviceaccounts', 'shop', 'till')],
    ['another account has its name', {}, () => world.put('serviceaccounts', 'shop', 'till', 'sa-2')],
    ['its pod is gone', bound('Pod', 'till-0'), () => world.take('pods', 'shop', 'till-0')],
    ['another pod has its name', bound('Pod', 'till-0'), () => world.put('pods', 'shop', 'till-0', 'pod-2')],
    ['its Secret is gone', bound('Secret', 'till-token'), () => world.take('secrets', 'shop', 'till-token')],
    ['its node is gone', bound('Node', 'minion-1'), () => world.take('nodes', '', 'minion-1')],
    [
      'its pod should be gone for more than a minute',
      bound('Pod', 'till-0'),
      () =>
        world.put(
          'pods',
          'shop',
          'till-0',
          'pod-1',
          {},
          {
            deletionTimestamp: new Date(NOW - 60_001).toISOString(),
          },
        ),
    ],
  ];
  it.each(TOKENS)('is good no more when %s', async (_, spec, change) => {
    const token = await tokenOf(spec);
    expect(await known(token)).toBeDefined();
    change();
    expect(await known(token)).toBeUndefined();
  });

  it('stays good while its pod ends, and where only the node of its pod is gone', async () => {
    const token = await tokenOf(bound('Pod', 'till-0'));
    world.take('nodes', '', 'minion-1');
    world.put('pods', 'shop', 'till-0', 'pod-1', {}, { deletionTimestamp: new Date(NOW + 30_000).toISOString() });
    expect(await known(token)).toBeDefined();
  });
});

describe('a token that somebody made up', () => {
  const claims = (more: Partial<Grant> = {}): AccountClaims =>
    claimsOf({
      issuer: ISSUER,
      audiences: [ISSUER],
      namespace: 'shop',
      account: { name: 'till', uid: 'sa-1' },
      bound: {},
      now: NOW,
      seconds: 3600,
      id: 'x',
      ...more,
    });
  const signed = (payload: object, header: object = {}, pem = world.privateKey): Promise<string> => {
    const { signing } = readSigningKeys(pem, '');
    const protectedHeader = { alg: signing.algorithm, kid: signing.id, ...header };
    return new SignJWT({ ...payload }).setProtectedHeader(protectedHeader).sign(signing.key);
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('would be good if it had our key', async () => {
    expect(await known(await signed(claims()))).toBeDefined();
    expect(await known(await signed(claims(), { kid: undefined }))).toBeDefined();
  });

  const MADE_UP: [string, () => string | Promise<string>][] = [
    ['it is signed by another key', () => signed(claims(), {}, makeSigningKeys().privateKey)],
    [
      'it is signed by another key under the id of ours',
      () => signed(claims(), { kid: readSigningKeys(world.privateKey, '').signing.id }, makeSigningKeys().privateKey),
    ],
    ['its key is known by no such id', () => signed(claims(), { kid: 'another' })],
    [
      'it brings its own key',
      async () => {
        const pem = makeSigningKeys().privateKey;
        return signed(claims(), { kid: undefined, jwk: await exportJWK(createPublicKey(pem)) }, pem);
      },
    ],
    ['it is not signed', () => new UnsecuredJWT({ ...claims() }).encode()],
    ['it is not signed, in other letters', () => `${part({ alg: 'nOnE' })}.${part(claims())}.`],
    ['its signature is taken away', async () => (await signed(claims())).replace(/[^.]+$/, '')],
    [
      'the public key is taken for a secret',
      () => {
        const { signing } = readSigningKeys(world.privateKey, '');
        const content = `${part({ alg: 'HS256', kid: signing.id })}.${part(claims())}`;
        const signature = createHmac('sha256', publicKeyOf(world.privateKey)).update(content).digest('base64url');
        return `${content}.${signature}`;
      },
    ],
    [
      'its claims were changed',
      async () => {
        const [header, , signature] = (await signed(claims())).split('.');
        return `${header}.${part(claims({ account: { name: 'admin', uid: 'sa-1' } }))}.${signature}`;
      },
    ],
    ['it demands what nobody knows', () => signed(claims(), { crit: ['exp'], exp: 1 }).catch(() => '')],
    ['it is of another issuer', () => signed(claims({ issuer: 'https://elsewhere' }))],
    ['it is for nobody', () => signed({ ...claims(), aud: undefined })],
    ['its subject is another one', () => signed({ ...claims(), sub: 'system:admin' })],
    ['it has no end', () => signed({ ...claims(), exp: undefined })],
    ['its end is a text', () => signed({ ...claims(), exp: '9999999999' })],
    ['it begins later', () => signed(claims({ now: NOW + 61_000 }))],
    ['it says nothing of an account', () => signed({ ...claims(), 'kubernetes.io': undefined })],
    [
      'its account has no uid',
      () => signed({ ...claims(), 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'till' } } }),
    ],
    ['it names a line more', () => signed(claims({ account: { name: 'till\r\nx-remote-user: admin', uid: 'sa-1' } }))],
    [
      'its names are those of prototypes',
      () => signed(claims({ namespace: '__proto__', account: { name: 'constructor', uid: 'x' } })),
    ],
    ['it is no token', () => 'a.b.c'],
    ['it is longer than any', () => `${'a'.repeat(1024 * 1024)}.${'b'.repeat(1024 * 1024)}.c`],
    ['it is of nothing but dots', () => '.'.repeat(10_000)],
    ['its claims are a list', () => `${part({ alg: 'ES256' })}.${part([1])}.AAAA`],
  ];
  it.each(MADE_UP)('is nobody when %s', async (_, make) => {
    expect(await known(await make())).toBeUndefined();
  });
});

describe('a request for a token', () => {
  it.each<[string, object, object]>([
    [
      'less than ten minutes',
      { expirationSeconds: 599 },
      {
        code: 422,
        message: expect.stringContaining(
          'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
        ) as string,
      },
    ],
    [
      'more than 2^32 seconds',
      { expirationSeconds: 2 ** 32 + 1 },
      { code: 422, message: expect.stringContaining('may not specify a duration larger than 2^32 seconds') as string },
    ],
    ['a pod that is not there', bound('Pod', 'x'), { code: 404, message: 'pods "x" not found' }],
    [
      'a pod that is another one',
      bound('Pod', 'till-0', 'pod-9'),
      {
        code: 409,
        message:
          'Operation cannot be fulfilled on Pod "till-0": the UID in the bound object reference (pod-9) does not match the UID in record. The object might have been deleted and then recreated',
      },
    ],
    [
      'another kind',
      { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } },
      { code: 400, message: 'cannot bind token to object of type apps/v1, Kind=Deployment' },
    ],
    [
      'an unknown kind',
      bound('Service', 'x'),
      { code: 400, message: 'cannot bind token to object of type /v1, Kind=Service' },
    ],
  ])('is refused for %s', async (_, spec, status) => {
    await expect(grant(spec)).rejects.toMatchObject({ status });
  });

  it('is refused for a pod of another account, for another account than that of its path, and for none', async () => {
    world.put('pods', 'shop', 'other', 'pod-3', { spec: { serviceAccountName: 'default' } });
    const text = 'cannot bind token for serviceaccount "till" to pod running with different serviceaccount name.';
    await expect(grant(bound('Pod', 'other'))).rejects.toMatchObject({ status: { code: 400, message: text } });
    const ask = (metadata: object, name = 'till') =>
      world.requests.grant(request({}, metadata), { namespace: 'shop', name });
    await expect(ask({ name: 'x' })).rejects.toMatchObject({ status: { code: 422 } });
    await expect(ask({ namespace: 'x' })).rejects.toMatchObject({ status: { code: 422 } });
    await expect(ask({}, 'nobody')).rejects.toMatchObject({
      status: { code: 404, message: 'serviceaccounts "nobody" not found' },
    });
  });

  it('is answered by a key that the published ones tell of', async () => {
    const { keys } = await world.tokens.jwks();
    const { kid, alg } = decodeProtectedHeader(await tokenOf());
    expect(keys).toEqual([
      {
        use: 'sig',
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String) as string,
        y: expect.any(String) as string,
        kid,
        alg,
      },
    ]);
  });
});
