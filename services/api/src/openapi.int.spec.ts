import { existsSync } from 'node:fs';
import type { AnyCommand } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { aDefinition, DEFINITIONS } from '../../../libs/apimachinery/src/testing/definitions';
import { Rig } from './testing/rig';
import { manifest, rc } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

interface Index {
  paths: Record<string, { serverRelativeURL: string }>;
}
const index = async (): Promise<Index> => JSON.parse((await rig.http('GET', '/openapi/v3')).body) as Index;

describe('OpenAPI', () => {
  it('can be cached for ever under its hash, and is moved under another', async () => {
    const { serverRelativeURL: url } = (await index()).paths['apis/apps/v1'] ?? { serverRelativeURL: '' };
    const document = await rig.http('GET', url);
    expect(JSON.parse(document.body)).toMatchObject({ openapi: '3.0.0' });
    expect(document.headers).toMatchObject({
      'cache-control': 'public, immutable',
      etag: `"${url.split('hash=')[1]}"`,
      vary: 'Accept',
    });
    expect(Date.parse(String(document.headers.expires)) - Date.now()).toBeGreaterThan(364 * 24 * 3_600_000);
    const plain = await rig.http('GET', '/openapi/v3/apis/apps/v1');
    expect([plain.code, plain.headers['cache-control'], plain.body]).toEqual([200, 'no-cache, private', document.body]);
    const old = await rig.http('GET', '/openapi/v3/apis/apps/v1?hash=OLD');
    expect([old.code, old.headers.location, old.body]).toEqual([301, url, '']);
    expect((await rig.http('GET', '/openapi/v3/apis/nothing/v1')).code).toBe(404);
    expect((await rig.http('GET', url, undefined, { accept: 'text/html' })).code).toBe(406);
  });

  it.each([
    ['/openapi/v2', {}],
    ['/openapi/v2', { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' }],
    ['/openapi/v3', {}],
    ['/openapi/v3/api/v1', {}],
    ['/apis', { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }],
    ['/api', { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' }],
  ])('tells who has %s (%j) already that it is the same', async (path, headers) => {
    const first = await rig.http('GET', path, undefined, headers);
    const etag = String(first.headers.etag);
    const again = await rig.http('GET', path, undefined, { ...headers, 'if-none-match': etag });
    expect([first.code, again.code, again.body, again.headers.etag]).toEqual([200, 304, '', etag]);
    expect((await rig.http('GET', path, undefined, { ...headers, 'if-none-match': '"other"' })).code).toBe(200);
  });

  it('changes for the group of a new kind alone', async () => {
    const before = (await index()).paths;
    const bus = await rig.nats.bus('spec');
    const data = { resource: DEFINITIONS, namespace: '', object: aDefinition() };
    const command = { id: 'spec-define', actor: 'admin', type: 'CreateObject', data } as AnyCommand;
    expect(await bus.command(command)).toMatchObject({ ok: true });
    await eventually(async () => (await rig.http('GET', '/apis/stable.example.com')).code === 200);
    const after = (await index()).paths;
    const added = Object.keys(after).filter((name) => !Object.hasOwn(before, name));
    expect(added).toEqual(['apis/stable.example.com/v1', 'apis/stable.example.com/v1beta1']);
    expect(after).toMatchObject(before);
    expect((await rig.http('GET', after[added[0] ?? '']?.serverRelativeURL ?? '')).body).toContain('CronTab');
    expect((await rig.http('GET', '/openapi/v2')).body).toContain('com.example.stable.v1.CronTab');
  });
});

const clients = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33']
  .map((version) => `/usr/lib/google-cloud-sdk/bin/kubectl.${version}`)
  .filter((binary) => existsSync(binary));

describe.each(['kubectl', ...clients])('%s', (binary) => {
  const kubectl = (args: string, options = {}): Promise<string> => rig.kubectl(args, { binary, ...options });

  it('explains fields', async () => {
    const pod = await kubectl('explain pod.spec.containers');
    expect(pod).toMatch(/KIND: +Pod[^]*VERSION: +v1[^]*containers <\[\]Container>[^]*A container of a pod/);
    expect(pod).toMatch(/livenessProbe\s+<Probe>\s+Says whether the container still works/);
    expect(await kubectl('explain pod.spec.containers --recursive')).toMatch(/secretKeyRef\s+<SecretKeySelector>/);
    expect(await kubectl('explain deployment.spec.strategy.rollingUpdate.maxSurge')).toMatch(/maxSurge <IntOrString>/);
    expect(await kubectl('explain hpa --api-version=autoscaling/v1')).toMatch(/VERSION: +v1/);
    await expect(kubectl('explain pod.spec.nothing')).rejects.toThrow(/field "nothing" does not exist/);
  });

  it('validates, applies and compares', async () => {
    const wrong = manifest({ ...rc('checked'), colour: 'red' });
    await expect(kubectl('apply --validate=true -f -', wrong)).rejects.toThrow(/unknown field "colour"/);
    expect(await kubectl('apply -f -', manifest(rc('checked', 2)))).toMatch(/created/);
    expect(await kubectl('apply -f -', manifest(rc('checked', 3)))).toMatch(/configured/);
    await expect(kubectl('diff -f -', manifest(rc('checked', 4)))).rejects.toThrow(/exit 1:[^]*\+ {2}replicas: 4/);
    expect(await kubectl('apply --dry-run=server -f -', manifest(rc('checked', 4)))).toMatch(/server dry run/);
    expect(await kubectl('delete rc checked')).toMatch(/deleted/);
  });
});
