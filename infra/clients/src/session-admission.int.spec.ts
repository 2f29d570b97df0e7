import type { ServerResponse } from 'node:http';
import { eventually } from '@shiplog/testing';
import { makeCertificate } from '../../../services/api/src/testing/certificate';
import { OtherServer } from '../../../services/api/src/testing/other-server';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { findKubectls } from './kubectls';
import { NodeRig } from './node-rig';

const { present } = findKubectls();
/** The oldest that is wanted speaks SPDY, the newest WebSockets. */
const clients = [...new Set([present.find(({ minor }) => minor >= 27)!, present.at(-1)!])];

let node: NodeRig;
let server: OtherServer;
/** What is made of the options of connections. */
let patch: object[] = [];
let asked = 0;

function answer(response: ServerResponse, body: string): void {
  asked += 1;
  const { apiVersion, kind, request } = JSON.parse(body) as { apiVersion: string; kind: string; request: { uid: string } };
  const patched = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  const reply = { uid: request.uid, allowed: true, warnings: ['looked at'], ...(patch.length === 0 ? {} : patched) };
  // It takes its time: what the client sends meanwhile comes later than that.
  setTimeout(() => response.end(JSON.stringify({ apiVersion, kind, response: reply })), 50);
} // prettier-ignore

beforeAll(async () => {
  const { ca, cert, key } = await makeCertificate();
  server = new OtherServer({ cert, key }, (_request, response, body) => answer(response, body));
  const [started, port] = await Promise.all([NodeRig.start(), server.listen()]);
  node = started;
  const webhook = {
    name: 'connect.example.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: `https://localhost:${port}/`, caBundle: Buffer.from(ca).toString('base64') },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['*/*'] }],
  };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const script =
    '/busybox mkdir /www; echo served > /www/index.html; echo other > /www/other.html; /busybox httpd -f -p 8090 -h /www';
  const containers = [{ name: 'main', image: BUSYBOX, command: ['/busybox', 'sh', '-c', script] }];
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { terminationGracePeriodSeconds: 0, containers },
    },
    { apiVersion, kind: 'MutatingWebhookConfiguration', metadata: { name: 'connect' }, webhooks: [webhook] },
  ];
  await node.rig.kubectl('create -f -', { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  await node.rig.kubectl('wait --for=condition=Ready pod/web --timeout=60s');
});
afterAll(async () => {
  await server?.stop();
  await node?.stop();
});
beforeEach(() => {
  patch = [];
  asked = 0;
});

describe.each(clients.map((client) => [client.version, client] as const))('kubectl %s', (_, client) => {
  const my = new KubectlSession(() => node.rig, client, 'default');

  it('has its sessions once webhooks let it', async () => {
    const input = 'x'.repeat(300_000);
    expect(await my.run('exec -i web -- /busybox wc -c', { input })).toBe('300000\n');
    expect(asked).toBe(1);
  });

  it('runs what a webhook makes of its command', async () => {
    patch = [{ op: 'replace', path: '/command', value: ['/busybox', 'echo', 'another'] }];
    expect(await my.run('exec web -- /busybox echo mine')).toBe('another\n');
  });
});

it('a proxied request goes where a webhook sends it, with what it warns of', async () => {
  const get = (path: string) => node.rig.http('GET', `/api/v1/namespaces/default/pods/web:8090/proxy${path}`);
  await eventually(async () => (await get('/index.html')).body === 'served\n');
  patch = [{ op: 'replace', path: '/path', value: '/other.html' }];
  expect(await get('/index.html')).toMatchObject({ body: 'other\n', headers: { warning: '299 - "looked at"' } });
});
