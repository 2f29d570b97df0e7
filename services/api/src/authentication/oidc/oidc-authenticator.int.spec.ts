import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { ApiConfig } from '../../settings';
import { ISSUER } from '../testing/account-world';
import { TestIssuer } from '../testing/test-issuer';
import type { Authenticated } from '../authenticator';
import { OidcAuthenticator } from './oidc-authenticator';

const MINUTE = 60_000;

describe('users of an OpenID Connect provider', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-oidc-'));
  const oidcCaFile = join(folder, 'ca.pem');
  let issuer: TestIssuer;
  let later = 0;
  let open: OidcAuthenticator[] = [];
  beforeEach(async () => {
    later = 0;
    issuer = await TestIssuer.start();
    writeFileSync(oidcCaFile, issuer.ca);
  });
  afterEach(async () => {
    await Promise.all(open.map((authenticator) => authenticator.onApplicationShutdown()));
    open = [];
    issuer.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function authenticatorWith(more: Partial<ApiConfig> = {}): OidcAuthenticator {
    const config = {
      oidcIssuerUrl: issuer.url,
      oidcClientId: 'shiplog',
      oidcUsernameClaim: 'sub',
      oidcUsernamePrefix: '',
      oidcGroupsClaim: 'groups',
      oidcGroupsPrefix: 'oidc:',
      oidcRequiredClaims: '',
      oidcSigningAlgs: 'RS256',
      oidcCaFile,
      ...more,
    } as ApiConfig;
    const clock = { now: () => Date.now() + later };
    const authenticator = new OidcAuthenticator(config, pino({ level: 'silent' }), clock, {
      audiences: [ISSUER],
    } as never);
    open.push(authenticator);
    return authenticator;
  }
  const known = async (
    token: string,
    by = authenticatorWith(),
    audiences?: string[],
  ): Promise<Authenticated | undefined> => by.authenticateToken(token, audiences);

  it('are named by their tokens', async () => {
    const found = await known(await issuer.token({ sub: 'jane', groups: ['dev', 'ops'] }));
    expect(found).toEqual({
      audiences: [ISSUER],
      user: { name: `${issuer.url}#jane`, uid: '', groups: ['oidc:dev', 'oidc:ops', 'system:authenticated'] },
    });
  });

  it.each<[string, Partial<ApiConfig>, object, string | undefined]>([
    ['a prefix', { oidcUsernamePrefix: 'o:' }, { sub: 'jane' }, 'o:jane'],
    ['no prefix', { oidcUsernamePrefix: '-' }, { sub: 'jane' }, 'jane'],
    ['an address', { oidcUsernameClaim: 'email' }, { email: 'j@x', email_verified: true }, 'j@x'],
    [
      'an address that nobody has proved',
      { oidcUsernameClaim: 'email' },
      { email: 'j@x', email_verified: false },
      undefined,
    ],
    [
      'what is required',
      { oidcUsernamePrefix: '-', oidcRequiredClaims: 'hd=x,role=a' },
      { sub: 'jane', hd: 'x', role: 'a' },
      'jane',
    ],
    ['less than is required', { oidcRequiredClaims: 'hd=x,role=a' }, { sub: 'jane', hd: 'x' }, undefined],
    ['one group', { oidcUsernamePrefix: '-' }, { sub: 'jane', groups: 'dev' }, 'jane'],
    ['groups that are none', {}, { sub: 'jane', groups: [{ dev: 1 }] }, undefined],
    ['no name', {}, { groups: ['dev'] }, undefined],
    ['a name that is none', {}, { sub: 7 }, undefined],
    ['a claim of every object', { oidcUsernameClaim: 'constructor' }, { sub: 'jane' }, undefined],
  ])('with %s', async (_, config, claims, name) => {
    expect((await known(await issuer.token(claims), authenticatorWith(config)))?.user.name).toBe(name);
  });

  it('are nobody by a token of another, for another, too late, or signed otherwise', async () => {
    const authenticator = authenticatorWith();
    const other = await TestIssuer.start();
    const good = await issuer.token({ sub: 'jane' });
    const [header = '', payload = ''] = good.split('.');
    const pem = issuer.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const content = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}`;
    const tokens = [
      await issuer.token({ sub: 'jane' }, { audience: 'else' }),
      await issuer.token({ sub: 'jane' }, { seconds: -1 }),
      await issuer.token({ sub: 'jane' }, { issuer: 'https://else' }),
      await issuer.token({ sub: 'jane', nbf: Math.floor(Date.now() / 1000) + 100 }),
      await issuer.token({ sub: 'jane' }, { key: other.key, kid: issuer.key.id }),
      `${header}.${payload}.`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      `${content}.${createHmac('sha256', pem).update(content).digest('base64url')}`,
      'no token',
    ];
    other.stop();
    for (const token of tokens) expect([token, await known(token, authenticator)]).toEqual([token, undefined]);
    expect(await known(good, authenticator)).toBeDefined();
    expect(await known(good, authenticator, ['else'])).toBeUndefined();
  });

  it('are known by a new key when it comes, which is asked for once in a while', async () => {
    const authenticator = authenticatorWith();
    await known(await issuer.token({ sub: 'jane' }), authenticator);
    issuer.rotate();
    const token = await issuer.token({ sub: 'jane' });
    expect(await known(token, authenticator)).toBeUndefined();
    expect(issuer.asked).toHaveLength(2);
    later = MINUTE;
    await Promise.all(Array.from({ length: 20 }, () => known(token, authenticator)));
    expect(await known(token, authenticator)).toBeDefined();
    expect(issuer.asked).toHaveLength(4);
  });

  it('stay known while the issuer is away', async () => {
    const authenticator = authenticatorWith();
    const token = await issuer.token({ sub: 'jane' });
    await known(token, authenticator);
    issuer.instead = (response) => void response.destroy();
    later = 2 * MINUTE;
    expect(await known(token, authenticator)).toBeDefined();
  });

  it.each<[string, TestIssuer['instead'], number]>([
    ['never answers', () => undefined, 12_000],
    ['never ends', (response) => void response.writeHead(200).write('{'), 12_000],
    ['says too much', (response) => void response.writeHead(200).end(`"${'x'.repeat(2 * 1024 * 1024)}"`), 3_000],
    ['says nothing', (response) => void response.writeHead(500).end(), 3_000],
    [
      'calls itself otherwise',
      (response) => void response.end('{"issuer":"https://else","jwks_uri":"https://else"}'),
      3_000,
    ],
  ])('are nobody, and nobody waits for long, while an issuer %s', async (_, instead, ms) => {
    issuer.instead = instead;
    const authenticator = authenticatorWith();
    const token = await issuer.token({ sub: 'jane' });
    const before = performance.now();
    expect(await Promise.all([known(token, authenticator), known(token, authenticator)])).toEqual([
      undefined,
      undefined,
    ]);
    expect(performance.now() - before).toBeLessThan(ms);
    // Nobody else waits at all.
    const after = performance.now();
    expect(await known(token, authenticator)).toBeUndefined();
    expect(performance.now() - after).toBeLessThan(500);
    expect(issuer.asked).toHaveLength(1);
  });

  it.each<[Partial<ApiConfig>, RegExp]>([
    [{ oidcClientId: '' }, /OIDC_CLIENT_ID must be set/],
    [{ oidcSigningAlgs: 'RS256,HS256' }, /OIDC_SIGNING_ALGS names "HS256"/],
    [{ oidcRequiredClaims: 'hd' }, /not of the form claim=value/],
    [{ oidcCaFile: '/nowhere' }, /OIDC_CA_FILE is "\/nowhere"/],
  ])('keep an api with settings %j from starting', (config, text) => {
    expect(() => authenticatorWith(config)).toThrow(text);
  });
});
