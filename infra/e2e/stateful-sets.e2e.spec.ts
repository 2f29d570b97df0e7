import type { Pod, StatefulSet } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';

const NAMESPACE = 'sets';
const IMAGE = 'busybox:1.36';
const SERVE = 'mkdir /www && hostname -f > /www/index.html && exec httpd -f -p 8080 -h /www';
const container = {
  name: 'main',
  image: IMAGE,
  readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
};
const setOf = (name: string, script: string, more: { spec?: object; container?: object } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name },
  spec: {
    serviceName: name,
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ ...container, command: ['sh', '-c', script], ...more.container }],
      },
    },
    ...more.spec,
  },
});
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 8080 }] },
};
const client = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: IMAGE, command: ['sleep', '3600'] }],
  },
};

describe('StatefulSets through kubectl', () => {
  const cluster = new TestCluster();
  const kubectl = (...args: string[]) => cluster.kubectl('-n', NAMESPACE, ...args);
  const create = (...items: object[]) => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    return cluster.kubectlWith({ input }, '-n', NAMESPACE, 'create', '-f', '-');
  };
  const within = (pod: string, script: string) => kubectl('exec', pod, '--', 'sh', '-c', script);
  const rolledOut = (set: string) => kubectl('rollout', 'status', `sts/${set}`, '--timeout=40s');
  const podOf = async (name: string) => JSON.parse(await kubectl('get', 'pod', name, '-o', 'json')) as Pod;
  const names = async (app: string) =>
    (await cluster.pods(NAMESPACE, `app=${app}`)).map(({ metadata }) => metadata.name).sort();
  const environment = async (pod: string) => (await podOf(pod)).spec?.containers[0]?.env;

  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    await create(service, client, setOf('web', SERVE));
    await rolledOut('web');
    await kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=30s');
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  /** Resolves when the name of a pod leads other pods to it. */
  const isFound = (pod: string) =>
    eventually(
      async () => {
        const name = `${pod}.web.${NAMESPACE}.svc.cluster.local`;
        const [address, page] = [
          await within('client', `nslookup ${name}`),
          await within('client', `timeout 5 wget -q -O - http://${pod}.web:8080`),
        ];
        return address.includes((await podOf(pod)).status!.podIP!) && page.trim() === name;
      },
      { timeoutMs: 20_000 },
    );

  it('have pods that others find by their names, which are their own, too', async () => {
    for (const pod of ['web-0', 'web-1']) await isFound(pod);
    expect(await kubectl('describe', 'sts', 'web')).toMatch(
      /Normal +SuccessfulCreate +\S+ +statefulset-controller +create Pod web-0 in StatefulSet web successful/,
    );
  });

  it('keep the name of a pod that is deleted, also on another node', async () => {
    const { metadata, spec } = await podOf('web-1');
    await cluster.kubectl('cordon', spec!.nodeName!);
    try {
      await kubectl('delete', 'pod', 'web-1');
      await rolledOut('web');
    } finally {
      await cluster.kubectl('uncordon', spec!.nodeName!);
    }
    const moved = await podOf('web-1');
    expect([moved.metadata.uid === metadata.uid, moved.spec?.nodeName === spec!.nodeName]).toEqual([false, false]);
    await isFound('web-1');
  });

  it('are updated, undone, restarted and told of by kubectl rollout', async () => {
    await kubectl('set', 'env', 'sts/web', 'COLOR=blue');
    await rolledOut('web');
    expect(await environment('web-0')).toEqual([{ name: 'COLOR', value: 'blue' }]);
    expect(await kubectl('rollout', 'history', 'sts/web')).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/);
    expect(await kubectl('rollout', 'history', 'sts/web', '--revision=2')).toMatch(/COLOR:\tblue/);
    expect(await kubectl('rollout', 'undo', 'sts/web')).toBe('statefulset.apps/web rolled back\n');
    await rolledOut('web');
    expect(await environment('web-1')).toBeUndefined();
    expect(await kubectl('rollout', 'history', 'sts/web')).toMatch(/\n2 +<none>\n3 +<none>/);
    expect(await kubectl('rollout', 'undo', 'sts/web', '--to-revision=3')).toMatch(
      /^statefulset.apps\/web skipped rollback/,
    );
    await kubectl('rollout', 'restart', 'sts/web');
    await rolledOut('web');
    const { status } = JSON.parse(await kubectl('get', 'sts', 'web', '-o', 'json')) as StatefulSet;
    expect(status).toMatchObject({ replicas: 2, updatedReplicas: 2, currentRevision: status?.updateRevision });
  });

  it('grow by the next pod and shrink by the last', async () => {
    await kubectl('scale', 'sts/web', '--replicas=3');
    await rolledOut('web');
    expect(await names('web')).toEqual(['web-0', 'web-1', 'web-2']);
    await kubectl('scale', 'sts/web', '--replicas=1');
    await eventually(async () => (await names('web')).join() === 'web-0', { timeoutMs: 30_000 });
  });

  it('find their data again when they are restarted, and scaled down and up', async () => {
    const spec = {
      podManagementPolicy: 'Parallel',
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
        },
      ],
    };
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    await create(setOf('db', `hostname >> /data/starts; ${SERVE}`, { spec, container: { volumeMounts } }));
    await rolledOut('db');
    await kubectl('delete', 'pod', 'db-1');
    await rolledOut('db');
    await kubectl('scale', 'sts/db', '--replicas=1');
    await kubectl('wait', '--for=delete', 'pod/db-1', '--timeout=30s');
    await kubectl('scale', 'sts/db', '--replicas=2');
    await rolledOut('db');
    expect(await within('db-1', 'cat /data/starts')).toBe('db-1\ndb-1\ndb-1\n');
    expect(await within('db-0', 'cat /data/starts')).toBe('db-0\n');
    expect(await kubectl('get', 'pvc', '-o', 'name')).toBe(
      'persistentvolumeclaim/data-db-0\npersistentvolumeclaim/data-db-1\n',
    );
  });
});
