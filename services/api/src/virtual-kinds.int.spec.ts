import { existsSync } from 'node:fs';
import { Rig } from './testing/rig';
import { makeNode } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
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
    await makeNode(await rig.nats.bus('spec'));
    await rig.kubectl('run bound --image=nginx');
    const binding = { metadata: { name: 'bound' }, target: { kind: 'Node', name: 'n1' } };
    expect((await rig.http('POST', '/api/v1/namespaces/default/bindings', binding)).code).toBe(201);
    expect(await rig.kubectl("get pod bound -o jsonpath='{.spec.nodeName}'")).toBe('n1');
  });
});
