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
const send = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
  const { code, body: text } = await rig.http(method, path, body, headers);
  return { code, body: JSON.parse(text) as Record<string, unknown> & { metadata: Record<string, unknown> } };
};
const NAMESPACE = '/api/v1/namespaces/default';

describe('kinds of storage, routing and classes, to kubectl', () => {
  it('are created by its generators and shown in their columns', async () => {
    await kubectl('create ingress web --class=nginx --rule=example.com/*=web:80');
    expect(await kubectl('get ingress')).toMatch(
      /^NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\nweb +nginx +example\.com +80 +\d+s\n$/,
    );
    await kubectl('create quota few --hard=pods=3,cpu=4');
    await kubectl('create priorityclass high --value=1000');
    expect(await kubectl('get priorityclasses')).toMatch(
      /^NAME +VALUE +GLOBAL-DEFAULT +AGE +PREEMPTIONPOLICY\nhigh +1000 +false +\d+s +PreemptLowerPriority\nsystem-cluster-critical +2000000000 +false +\d+s +PreemptLowerPriority\nsystem-node-critical +2000001000 /,
    );
    const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'disk' } };
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } };
    await kubectl('apply -f -', manifest({ ...volume, spec }));
    expect(await kubectl('get pv')).toMatch(/\ndisk +1Gi +RWO +Retain +Pending +<unset> +\d+s\n$/);
    await expect(kubectl('delete priorityclass system-node-critical')).rejects.toThrow(
      'is forbidden: this is a system priority class and cannot be deleted',
    );
  });
});

describe('what a pod takes later', () => {
  const pod = `${NAMESPACE}/pods/web`;
  const requests = (cpu: string) => ({ spec: { containers: [{ name: 'web', resources: { requests: { cpu } } }] } });
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' };

  it('is ephemeral containers, which kubectl debug adds', async () => {
    await kubectl(
      'run web --image=nginx --overrides={"spec":{"containers":[{"name":"web","image":"nginx","resources":{"requests":{"cpu":"1"}}}]}}',
    );
    await kubectl('debug web --image=busybox -c shell --attach=false');
    const { code, body } = await send('GET', `${pod}/ephemeralcontainers`);
    expect(code).toBe(200);
    expect(body.spec).toMatchObject({ ephemeralContainers: [{ name: 'shell', image: 'busybox' }] });
    const gone = { ...body, spec: { ...(body.spec as object), ephemeralContainers: [] } };
    expect((await send('PUT', `${pod}/ephemeralcontainers`, gone)).body.message).toContain(
      'existing ephemeral containers "shell" may not be removed',
    );
  });

  it('is other amounts of what it uses', async () => {
    expect((await send('PATCH', `${pod}/resize`, requests('2'), strategic)).body.spec).toMatchObject(
      requests('2').spec,
    );
    expect(await send('PATCH', pod, requests('3'), strategic)).toMatchObject({ code: 422 });
  });
});

describe('a replacement', () => {
  const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

  it.each([
    [LEASES, 'coordination.k8s.io/v1', 'Lease'],
    [`${NAMESPACE}/endpoints`, 'v1', 'Endpoints'],
    [`${NAMESPACE}/limitranges`, 'v1', 'LimitRange'],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles', 'rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ])('makes what is not there where it may: %s', async (path, apiVersion, kind) => {
    const object = { apiVersion, kind, metadata: { name: 'made' } };
    expect(await send('PUT', `${path}/made`, object)).toMatchObject({
      code: 201,
      body: { metadata: { name: 'made' } },
    });
    const { body } = await send('GET', `${path}/made`);
    expect(await send('PUT', `${path}/made`, body)).toMatchObject({ code: 200 });
  });

  it('makes nothing elsewhere', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none' } };
    expect(await send('PUT', `${NAMESPACE}/configmaps/none`, object)).toMatchObject({ code: 404 });
    expect(await send('PUT', `${NAMESPACE}/configmaps/none`, { ...object, metadata: {} })).toMatchObject({
      code: 400,
      body: {
        message: 'the name of the object (none based on URL) was undeterminable: name must be provided',
      },
    });
  });
});

describe('a resourceVersion', () => {
  const path = `${NAMESPACE}/configmaps`;
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' } };

  it('of 0 or none is any, of another number an old one', async () => {
    const versioned = (resourceVersion: unknown) => ({ ...object, metadata: { name: 'cm', resourceVersion } });
    expect(await send('POST', path, versioned('0'))).toMatchObject({ code: 201 });
    expect(await send('PUT', `${path}/cm`, versioned(''))).toMatchObject({ code: 200 });
    expect(await send('PUT', `${path}/cm`, versioned('0'))).toMatchObject({ code: 200 });
    expect(await send('PUT', `${path}/cm`, versioned('1'))).toMatchObject({ code: 409 });
    expect(await send('PUT', `${path}/cm`, versioned('one'))).toMatchObject({ code: 409 });
    expect(await send('PUT', `${path}/cm`, versioned(1))).toMatchObject({ code: 400 });
    expect(await send('GET', `${path}/cm?resourceVersion=one`)).toMatchObject({ code: 400 });
    expect(await send('GET', `${path}/cm?resourceVersion=0`)).toMatchObject({ code: 200 });
  });
});

describe('a deletion', () => {
  it.each([
    [
      'pods',
      'Pod',
      { spec: { containers: [{ name: 'a', image: 'a', resources: { requests: { cpu: '1m' } } }], nodeName: '' } },
      'Pod',
    ],
    [
      'persistentvolumeclaims',
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } } },
      'PersistentVolumeClaim',
    ],
    ['resourcequotas', 'ResourceQuota', {}, 'ResourceQuota'],
    ['serviceaccounts', 'ServiceAccount', {}, 'ServiceAccount'],
    ['configmaps', 'ConfigMap', {}, 'Status'],
    ['secrets', 'Secret', {}, 'Status'],
    ['limitranges', 'LimitRange', {}, 'Status'],
  ])('of %s answers with what Kubernetes answers with', async (plural, kind, fields, answered) => {
    const object = { apiVersion: 'v1', kind, metadata: { name: 'gone' }, ...fields };
    expect(await send('POST', `${NAMESPACE}/${plural}`, object)).toMatchObject({ code: 201, body: { kind } });
    expect(await send('DELETE', `${NAMESPACE}/${plural}/gone`)).toMatchObject({ code: 200, body: { kind: answered } });
  });
});
