import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { makeSigningKeys, publicKeyOf } from '@shiplog/pki';
import { eventually } from '@shiplog/testing';
import { TestIssuer } from './authentication/testing/test-issuer';
import { Rig } from './testing/rig';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
  await rig.kubectl('create serviceaccount till');
  await rig.kubectl('create clusterrolebinding accounts --clusterrole=view --group=system:serviceaccounts:default');
});
afterAll(async () => {
  await rig?.stop();
});

const token = async (args = ''): Promise<string> => (await rig.kubectl(`create token till ${args}`)).trim();
const asked = (path: string, bearer: string) => rig.http('GET', path, undefined, { authorization: `Bearer ${bearer}` });
const codeFor = async (bearer: string): Promise<number> =>
  (await asked('/api/v1/namespaces/default/pods', bearer)).code;
const whoami = async (bearer: string): Promise<string> => {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  return (await rig.http('POST', path, review, { authorization: `Bearer ${bearer}` })).body;
};

describe('tokens of service accounts', () => {
  it('are made by kubectl, and say who asks', async () => {
    const made = await token('--duration 20m');
    const { exp = 0, iat = 0 } = decodeJwt(made);
    expect(exp - iat).toBe(1200);
    expect(JSON.parse(await whoami(made))).toMatchObject({
      status: {
        userInfo: {
          username: 'system:serviceaccount:default:till',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
          extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
        },
      },
    });
    await expect(token('--duration 5m')).rejects.toThrow(/may not specify a duration less than 10 minutes/);
    await expect(rig.kubectl('create token nobody')).rejects.toThrow(/serviceaccounts "nobody" not found/);
  });

  it('are good for the audience that they are made for, as a review says', async () => {
    const made = await token('--audience vault');
    expect(await codeFor(made)).toBe(401);
    const review = async (audiences?: string[]): Promise<unknown> => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: made, audiences } };
      const { body: text } = await rig.http('POST', '/apis/authentication.k8s.io/v1/tokenreviews', body);
      return (JSON.parse(text) as { status: unknown }).status;
    };
    expect(await review()).toEqual({ user: {}, error: 'invalid bearer token' });
    expect(await review(['vault', 'x'])).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:till' },
      audiences: ['vault'],
    });
  });

  it('are good as long as the Secret is there that they are bound to', async () => {
    await rig.kubectl('create secret generic lifetime');
    const made = await token('--bound-object-kind Secret --bound-object-name lifetime');
    expect(await codeFor(made)).toBe(200);
    await rig.kubectl('delete secret lifetime');
    expect(await codeFor(made)).toBe(401);
  });

  it('are not those of a later account of the name', async () => {
    await rig.kubectl('create serviceaccount again');
    const made = (await rig.kubectl('create token again')).trim();
    expect(await codeFor(made)).toBe(200);
    await rig.kubectl('delete serviceaccount again');
    expect(await codeFor(made)).toBe(401);
    await rig.kubectl('create serviceaccount again');
    expect(await codeFor(made)).toBe(401);
  });

  it('are in Secrets made for them, which go with their account', async () => {
    await rig.kubectl('create serviceaccount kept');
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'kept', annotations: { 'kubernetes.io/service-account.name': 'kept' } },
    };
    await rig.kubectl('apply -f -', { input: JSON.stringify(manifest) });
    const path = '/api/v1/namespaces/default/secrets/kept';
    const { data } = await eventually(async () => {
      const secret = JSON.parse((await rig.http('GET', path)).body) as { data?: Record<string, string> };
      return secret.data === undefined ? undefined : { data: secret.data };
    });
    const read = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
    expect([read('namespace'), read('ca.crt')]).toEqual([
      'default',
      readFileSync(join(rig.directory, 'ca.pem'), 'utf8'),
    ]);
    expect(await codeFor(read('token'))).toBe(200);
    await rig.kubectl('delete serviceaccount kept');
    expect(await codeFor(read('token'))).toBe(401);
    await eventually(async () => (await rig.http('GET', path)).code === 404);
  });

  it('are good to others by the keys that are published', async () => {
    const made = await token();
    const configuration = await asked('/.well-known/openid-configuration', made);
    expect(JSON.parse(configuration.body)).toEqual({
      issuer: ISSUER,
      jwks_uri: `https://192.0.2.1:${rig.port}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
    const { headers, body } = await asked('/openid/v1/jwks', made);
    expect(headers['content-type']).toBe('application/jwk-set+json');
    const keys = createLocalJWKSet(JSON.parse(body) as JSONWebKeySet);
    expect((await jwtVerify(made, keys, { issuer: ISSUER })).payload.sub).toBe('system:serviceaccount:default:till');
  });

  it('stay good when another key signs, until theirs is trusted no more', async () => {
    const made = await token();
    const file = (name: string): string => join(rig.directory, name);
    const [first, second] = [makeSigningKeys(), makeSigningKeys()];
    writeFileSync(file('sa.key'), first.privateKey);
    writeFileSync(file('sa.pub'), first.publicKey);
    await rig.stopService('api');
    rig.startApi({ SERVICE_ACCOUNT_PUBLIC_KEYS_FILE: file('sa.pub') });
    await rig.ready();
    expect(await codeFor(made)).toBe(401);
    const before = await token();
    expect(await codeFor(before)).toBe(200);
    writeFileSync(file('sa.pub'), `${second.publicKey}${publicKeyOf(first.privateKey)}`);
    writeFileSync(file('sa.key'), second.privateKey);
    await eventually(async () => decodeHeader(await token()).kid !== decodeHeader(before).kid);
    expect(await codeFor(before)).toBe(200);
    writeFileSync(file('sa.pub'), second.publicKey);
    await eventually(async () => (await codeFor(before)) === 401);
    expect(await codeFor(await token())).toBe(200);
  });
});

describe('tokens of an OpenID Connect provider', () => {
  it('say who asks, beside those of service accounts', async () => {
    const issuer = await TestIssuer.start();
    const ca = join(rig.directory, 'oidc.pem');
    writeFileSync(ca, issuer.ca);
    await rig.stopService('api');
    rig.startApi({
      OIDC_ISSUER_URL: issuer.url,
      OIDC_CLIENT_ID: 'shiplog',
      OIDC_CA_FILE: ca,
      OIDC_GROUPS_CLAIM: 'groups',
    });
    await rig.ready();
    const bearer = await issuer.token({ sub: 'jane', groups: ['system:serviceaccounts:default'] });
    const userInfo = {
      username: `${issuer.url}#jane`,
      groups: ['system:serviceaccounts:default', 'system:authenticated'],
    };
    expect(JSON.parse(await whoami(bearer))).toMatchObject({ status: { userInfo } });
    expect(await codeFor(bearer)).toBe(200);
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: bearer } };
    const { body } = await rig.http('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review);
    expect(JSON.parse(body)).toMatchObject({ status: { authenticated: true, user: userInfo, audiences: [ISSUER] } });
    expect(await codeFor(await token())).toBe(200);
    issuer.stop();
  });
});

function decodeHeader(jwt: string): { kid?: string } {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as { kid?: string };
}
