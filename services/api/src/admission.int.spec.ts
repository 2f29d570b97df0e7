import { Rig } from './testing/rig';
import { manifest } from './testing/steps';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

const kubectl = (args: string, options?: Parameters<Rig['kubectl']>[1]): Promise<string> => rig.kubectl(args, options);
const pod = (name: string, namespace: string, resources: object = {}, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { containers: [{ name: 'a', image: 'a:1', resources }], ...spec },
});

describe('kubectl, of what a namespace may use', () => {
  it('makes a quota, sees what is used of it, and is refused what it does not leave', async () => {
    await kubectl('create namespace counted');
    await kubectl('create quota rest -n counted --hard=pods=2,requests.cpu=1,count/configmaps=9');
    await kubectl('create -f -', manifest(pod('first', 'counted', { requests: { cpu: '600m' } })));
    const refused = kubectl('create -f -', manifest(pod('second', 'counted', { requests: { cpu: '500m' } })));
    await expect(refused).rejects.toThrow(
      'pods "second" is forbidden: exceeded quota: rest, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    await expect(kubectl('create -f -', manifest(pod('third', 'counted')))).rejects.toThrow(
      'pods "third" is forbidden: failed quota: rest: must specify requests.cpu for: a',
    );
    const table = /count\/configmaps +0 +9\n *pods +1 +2\n *requests\.cpu +600m +1/;
    expect(await kubectl('describe quota rest -n counted')).toMatch(table);
    expect(await kubectl('describe namespace counted')).toMatch(/Resource Quotas\n[^]*requests\.cpu +600m +1/);
    expect(await kubectl('get quota -n counted')).toMatch(/count\/configmaps: 0\/9, pods: 1\/2, requests.cpu: 600m\/1/);
    await kubectl('delete pod first -n counted --grace-period=0 --force');
    expect(await kubectl('describe quota rest -n counted')).toMatch(/requests\.cpu +0 +1/);
  });

  it('makes limits that containers get', async () => {
    await kubectl('create namespace limited');
    const limits = [{ type: 'Container', default: { cpu: '500m' }, max: { cpu: '1' } }];
    const metadata = { name: 'range', namespace: 'limited' };
    await kubectl('create -f -', manifest({ apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits } }));
    await kubectl('create -f -', manifest(pod('first', 'limited')));
    const of = (path: string): Promise<string> => kubectl(`get pod first -n limited -o jsonpath={${path}}`);
    expect(await of('.spec.containers[0].resources.limits.cpu')).toBe('500m');
    expect(await of('.metadata.annotations')).toContain('LimitRanger plugin set: cpu request for container a');
    const refused = kubectl('create -f -', manifest(pod('second', 'limited', { limits: { cpu: '2' } })));
    await expect(refused).rejects.toThrow(
      'pods "second" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    );
  });

  it('is warned of pods that a namespace would rather not have, and refused what it forbids', async () => {
    await kubectl('create namespace secure');
    const bad = pod('bad', 'secure', {}, { hostPID: true });
    await kubectl('label namespace secure pod-security.kubernetes.io/warn=baseline');
    const { headers } = await rig.http('POST', '/api/v1/namespaces/secure/pods?dryRun=All', bad);
    expect(headers.warning).toBe(
      '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostPID=true)"',
    );
    await kubectl('create -f -', manifest(bad));
    const path = '/api/v1/namespaces/secure';
    const label = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } };
    const type = { 'content-type': 'application/merge-patch+json' };
    const labelled = await rig.http('PATCH', path, label, type);
    expect(labelled.headers.warning).toMatch(/existing pods in namespace .*, 299 - "bad: host namespaces"$/);
    const again = kubectl('create -f -', manifest(pod('again', 'secure', {}, { hostPID: true })));
    await expect(again).rejects.toThrow(
      'pods "again" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    );
  });
});
