import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { issue, makeAuthority, type CertificatePair, type Term, type Usage } from '@shiplog/pki';
import { Pool } from 'undici';
import { Rig, TOKEN } from './testing/rig';

const PATH = '/api/v1/namespaces/default/configmaps';
const TERM: Term = { days: 1, now: Date.now() };

let rig: Rig;
let authority: CertificatePair;
beforeAll(async () => {
  rig = await Rig.start();
  authority = {
    certificate: readFileSync(join(rig.directory, 'client-ca.pem'), 'utf8'),
    key: readFileSync(join(rig.directory, 'client-ca.key'), 'utf8'),
  };
  await rig.kubectl('create clusterrolebinding jane --clusterrole=view --user=jane');
});
afterAll(async () => {
  await rig?.stop();
});

const pairOf = (usage: Usage[] = ['client'], by = authority, term = TERM): Promise<CertificatePair> =>
  issue(by, { commonName: 'jane', usage, ...term });
const ca = (): string => readFileSync(join(rig.directory, 'ca.pem'), 'utf8');

/** The code and the text of an answer to a request over a connection that shows a certificate. */
async function ask(pair: CertificatePair, path = PATH, headers: Record<string, string> = {}, method = 'GET') {
  const { certificate: cert, key } = pair;
  const pool = new Pool(rig.url, { connect: { ca: ca(), cert, key } });
  try {
    const body = method === 'POST' ? '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' : null;
    const sent = { 'content-type': 'application/json', ...headers };
    const { statusCode, body: answer } = await pool.request({ method: method as 'GET', path, headers: sent, body });
    return { code: statusCode, text: await answer.text() };
  } finally {
    await pool.destroy();
  }
}

describe('who shows a certificate', () => {
  it('is the user whom it names, on HTTP/1.1 and on HTTP/2', async () => {
    const pair = await pairOf();
    const who = await ask(pair, '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, 'POST');
    expect(JSON.parse(who.text)).toMatchObject({
      status: {
        userInfo: {
          username: 'jane',
          groups: ['system:authenticated'],
          extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
        },
      },
    });
    expect((await ask(pair)).code).toBe(200);
    expect((await ask(pair, '/api/v1/secrets')).code).toBe(403);
    const session = connect(rig.url, { ca: ca(), cert: pair.certificate, key: pair.key });
    const codes = await Promise.all(
      [PATH, '/api/v1/secrets'].map(
        (path) =>
          new Promise<unknown>((resolve, reject) => {
            const stream = session.request({ ':path': path });
            stream.once('response', (headers) => resolve(headers[':status'])).once('error', reject);
            stream.resume();
          }),
      ),
    );
    session.close();
    expect(codes).toEqual([200, 403]);
  });

  it.each<[string, () => Promise<CertificatePair>]>([
    ['another authority signed it', async () => pairOf(['client'], await makeAuthority('shiplog test clients', TERM))],
    ['its time is over', () => pairOf(['client'], authority, { days: 1, now: Date.now() - 3 * 24 * 3_600_000 })],
    ['it is for servers', () => pairOf(['server'])],
    ['it signed itself', () => makeAuthority('jane', TERM)],
  ])('is nobody when %s, unless a token says who it is', async (_, make) => {
    const pair = await make();
    expect(await ask(pair)).toMatchObject({ code: 401, text: expect.stringContaining('Unauthorized') as string });
    expect((await ask(pair, PATH, { authorization: `Bearer ${TOKEN}` })).code).toBe(200);
  });

  it('is who the certificate says, whatever a token says beside it', async () => {
    const headers = { authorization: 'Bearer nobody' };
    expect((await ask(await pairOf(), PATH, headers)).code).toBe(200);
  });

  it('need not be anybody', async () => {
    expect((await rig.http('GET', '/api/v1/secrets', undefined, { authorization: '' })).code).toBe(403);
  });
});
