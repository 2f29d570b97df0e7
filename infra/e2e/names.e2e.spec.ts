import type { Pod, Service } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';

const NAMESPACE = 'names';
const BUSYBOX = 'busybox:1.36';

const client = (node: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `on-${node}`, labels: { app: 'client' } },
  spec: {
    nodeName: node,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'c', image: BUSYBOX, command: ['sleep', '3600'] }],
  },
});
const server = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    nodeName: 'minion-1',
    hostname: 'web-0',
    subdomain: 'inner',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'c',
        image: BUSYBOX,
        command: ['sh', '-c', 'mkdir /www && echo here > /www/index.html && exec httpd -f -p 8080 -h /www'],
        readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
      },
    ],
  },
};
const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
const services = [
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'inner' },
    spec: { clusterIP: 'None', selector: { app: 'web' }, ports },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'alias' },
    spec: { type: 'ExternalName', externalName: `web.${NAMESPACE}.svc.cluster.local` },
  },
];

describe('names, from pods of every minion', () => {
  const cluster = new TestCluster();
  const kubectl = (...args: string[]) => cluster.kubectl('-n', NAMESPACE, ...args);
  const clients = ['on-minion-1', 'on-minion-2'];
  const within = (pod: string, script: string) => kubectl('exec', pod, '--', 'sh', '-c', script);
  const get = (pod: string, url: string) => within(pod, `timeout 10 wget -q -O - ${url}`);

  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    const items = [client('minion-1'), client('minion-2'), server, ...services];
    await cluster.kubectlWith(
      { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
      '-n',
      NAMESPACE,
      'create',
      '-f',
      '-',
    );
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
    // A minion that is new may hear of the cluster's DNS a moment after its first pods run.
    for (const pod of clients) await eventually(() => within(pod, 'nslookup kubernetes.default.svc.cluster.local'));
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  it('are looked up as a pod of Kubernetes looks them up', async () => {
    const { clusterDns } = cluster.layout;
    const text = await within('on-minion-1', 'cat /etc/resolv.conf');
    expect(text).toMatch(
      new RegExp(`^search ${NAMESPACE}\\.svc\\.cluster\\.local svc\\.cluster\\.local cluster\\.local`),
    );
    expect(text).toContain(`nameserver ${clusterDns}\n`);
    expect(text).toContain('options ndots:5\n');
    expect((await within('web', 'hostname -f')).trim()).toBe(`web-0.inner.${NAMESPACE}.svc.cluster.local`);
  });

  it.each(clients)('lead %s to Services, to pods by their own names, and outside', async (pod) => {
    for (const url of [
      'http://web',
      `http://web.${NAMESPACE}.svc.cluster.local`,
      'http://alias',
      'http://web-0.inner:8080',
    ]) {
      expect(await get(pod, url)).toBe('here\n');
    }
    const { spec, status } = JSON.parse(await kubectl('get', 'pod', 'web', '-o', 'json')) as Pod;
    const inner = await within(pod, `nslookup inner.${NAMESPACE}.svc.cluster.local`);
    expect(spec?.nodeName).toBe('minion-1');
    expect(inner).toContain(status?.podIP ?? 'no address');
    await expect(get(pod, 'http://nothing')).rejects.toThrow(/bad address/);
  });

  it('are there as soon as their Service is, and gone with it', async () => {
    const name = (): Promise<string> => within('on-minion-2', `nslookup late.${NAMESPACE}.svc.cluster.local || true`);
    expect(await name()).toContain('NXDOMAIN');
    await kubectl('expose', 'pod', 'web', '--name=late', '--port=80', '--target-port=8080');
    const { spec } = JSON.parse(await kubectl('get', 'service', 'late', '-o', 'json')) as Service;
    expect(await name()).toContain(spec?.clusterIP ?? 'no address');
    await kubectl('delete', 'service', 'late');
    expect(await name()).toContain('NXDOMAIN');
  });

  it('are answered on while an instance is killed, and by both once it is back', async () => {
    const lookups = async (count: number): Promise<number> => {
      const script = `n=0; for i in $(seq ${count}); do nslookup web.${NAMESPACE}.svc.cluster.local >/dev/null && n=$((n+1)); done; echo $n`;
      return Number(await within('on-minion-2', script));
    };
    const meanwhile = lookups(200);
    await cluster.kill('dns-1');
    // As when a pod of a DNS dies: a program that asks once may have asked it. The other one answers the rest.
    expect(await meanwhile).toBeGreaterThan(150);
    await cluster.allReady();
    await eventually(async () => {
      const path = '-o=jsonpath={.items[*].endpoints[*].conditions.ready}';
      const slices = ['get', 'endpointslices', '-l', 'kubernetes.io/service-name=kube-dns', path];
      return (await cluster.kubectl('-n', 'kube-system', ...slices)) === 'true true';
    });
    expect(await lookups(50)).toBe(50);
  });
});
