import { existsSync } from 'node:fs';
import type { SchedulingReview } from '@shiplog/contracts';
import { Rig } from './testing/rig';
import { makeNode } from './testing/steps';

const MERGE = { 'content-type': 'application/merge-patch+json' };

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
  await makeNode(await rig.nats.bus('spec'));
});
afterAll(async () => {
  await rig?.stop();
});

const older = ['1.27', '1.32'].map((version) => `/usr/lib/google-cloud-sdk/bin/kubectl.${version}`);

describe('what is served without being stored', () => {
  it.each(['kubectl', ...older.filter((binary) => existsSync(binary))])('is what %s asks for', async (binary) => {
    const kubectl = (args: string): Promise<string> => rig.kubectl(args, { binary });
    expect(await kubectl('auth whoami')).toMatch(/Username +admin[^]*Groups +\[system:masters system:authenticated\]/);
    expect(await kubectl('auth can-i create pods')).toBe('yes\n');
    expect(await kubectl('auth can-i get /metrics')).toBe('yes\n');
    expect(await kubectl('auth can-i --list')).toMatch(/\*\.\* +\[\] +\[\] +\[\*\][^]*\[\*\] +\[\] +\[\*\]/);
    const components = await kubectl('get componentstatuses');
    expect(components).toMatch(/Warning: v1 ComponentStatus is deprecated in v1\.19\+/);
    expect(components).toMatch(/^NAME +STATUS +MESSAGE +ERROR *$/m);
    expect(components).toMatch(/^etcd-0 +Healthy +ok *$/m);
    expect(components).toMatch(/^scheduler +Unhealthy +no scheduler answers *$/m);
    expect(await kubectl('get cs etcd-0 -o name')).toMatch(/componentstatus\/etcd-0/);
    expect(await kubectl('api-resources --api-group=authorization.k8s.io')).toMatch(/subjectaccessreviews/);
    expect(await kubectl('explain tokenreview.spec.token')).toMatch(/token <string>/);
  });

  it('offers nothing but what it is for', async () => {
    const codes = await Promise.all([
      rig.http('GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews'),
      rig.http('DELETE', '/api/v1/componentstatuses/etcd-0'),
      rig.http('GET', '/api/v1/componentstatuses?watch=true'),
      rig.http('GET', '/api/v1/namespaces/default/bindings'),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([405, 405, 405, 405]);
  });

  it('binds a pod by the old collection', async () => {
    await rig.kubectl('run bound --image=nginx');
    const binding = { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'n1' } };
    expect((await rig.http('POST', '/api/v1/namespaces/default/bindings', binding)).code).toBe(201);
    expect(await rig.kubectl("get pod bound -o jsonpath='{.spec.nodeName}'")).toBe('n1');
  });

  it('answers questions about scheduling, now and of the past, to those who may ask', async () => {
    const offered = { cpu: '1', memory: '1Gi', pods: '4' };
    await rig.http('PATCH', '/api/v1/nodes/n1/status', { status: { capacity: offered, allocatable: offered } }, MERGE);
    const path = '/apis/scheduling.shiplog.dev/v1/namespaces/default/schedulingreviews';
    const ask = (spec: object, headers = {}) => rig.http('POST', path, { metadata: {}, spec }, headers);
    const { metadata } = JSON.parse((await rig.http('GET', '/api/v1/nodes')).body) as {
      metadata: { resourceVersion: string };
    };
    const position = Number(metadata.resourceVersion);
    const question = 'template: { spec: { containers: [{ name: app, resources: { requests: { cpu: 100m } } }] } }';
    const review = [
      'apiVersion: scheduling.shiplog.dev/v1',
      'kind: SchedulingReview',
      `spec: { ${question}, count: 9 }`,
    ].join('\n');
    const shown = await rig.kubectl('create -o yaml -f -', { input: review });
    expect(shown).toMatch(
      /capacity:\n +byNode:\n +n1: 3\n +fits: 3\n +message: '?0\/1 nodes are available: 1 Too many pods/,
    );
    await rig.http('PATCH', '/api/v1/nodes/n1', { spec: { unschedulable: true } }, MERGE);
    await rig.kubectl('run asked-about --image=nginx');
    const asked = { podName: 'asked-about' };
    const nodesOf = ({ body }: { body: string }) => (JSON.parse(body) as SchedulingReview).status?.nodes;
    expect(nodesOf(await ask(asked))).toEqual([
      { name: 'n1', refusals: { NodeUnschedulable: ['node(s) were unschedulable'] } },
    ]);
    expect((await ask({ ...asked, position })).code).toBe(404);
    const template = { spec: { containers: [{ name: 'app' }] } };
    expect(nodesOf(await ask({ template, position }))).toEqual([
      expect.objectContaining({ total: expect.any(Number) as number }),
    ]);
    expect((await ask({ template, position: 1_000_000 })).body).toContain('Too large resource version: 1000000');
    expect((await ask({ template: { spec: { containers: [] } } })).code).toBe(422);
    const refused = await ask(asked, { 'impersonate-user': 'vera' });
    expect([refused.code, refused.body]).toEqual([
      403,
      expect.stringContaining('User \\"vera\\" cannot create resource \\"schedulingreviews\\" in API group'),
    ]);
  });
});
