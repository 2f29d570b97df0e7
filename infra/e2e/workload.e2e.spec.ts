import type { Pod, Service } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { httpGet, TestCluster, webController } from './support/cluster';
import { E2E_MINIONS } from './support/place';

describe('a workload through the unmodified kubectl', () => {
  const cluster = new TestCluster();
  const namespace = 'workload';

  beforeAll(() => cluster.kubectl('create', 'namespace', namespace));
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    await cluster.close();
  });
  const kubectl = (...args: string[]) => cluster.kubectl('-n', namespace, ...args);
  const scale = (replicas: number) => kubectl('scale', 'rc', 'web', `--replicas=${replicas}`);
  const appContainers = async () =>
    (await cluster.containersOf(namespace, false)).filter((c) => c.labels['io.shiplog.role'] === 'app');

  it('runs three pods of a ReplicationController as three real containers, each with its sandbox', async () => {
    await cluster.kubectlWith({ input: JSON.stringify(webController('web', 3)) }, '-n', namespace, 'create', '-f', '-');
    await kubectl('expose', 'rc', 'web', '--port=80', '--type=LoadBalancer');
    const pods = await cluster.podsReady(namespace, 3);
    expect(new Set(pods.map((pod) => pod.spec?.nodeName)).size).toBe(E2E_MINIONS);
    expect(await kubectl('get', 'pods')).toMatch(/(web-\w{5}\s+1\/1\s+Running\s+0\s+\S+\n){3}/);
    expect(await appContainers()).toHaveLength(3);
    expect(await cluster.containersOf(namespace, false)).toHaveLength(6);
  });

  it('answers from all three on the ClusterIP, on the NodePort and on the address that a load balancer has', async () => {
    const pods = (await cluster.pods(namespace)).map((pod) => pod.metadata?.name).sort();
    const { service, balanced } = await eventually(async () => {
      const found = JSON.parse(await kubectl('get', 'service', 'web', '-o', 'json')) as Service;
      const ip = found.status?.loadBalancer?.ingress?.[0]?.ip;
      return ip === undefined ? undefined : { service: found, balanced: ip };
    });
    const urls = [
      `http://${service.spec?.clusterIP}/`,
      `http://127.0.0.1:${service.spec?.ports?.[0]?.nodePort}/`,
      `http://${balanced}/`,
    ];
    for (const url of urls) expect(await namesBehind(url, 3)).toEqual(pods);
  });

  it('answers `docker kill` of a container by starting it again', async () => {
    const [victim] = await appContainers();
    await victim!.engine.getContainer(victim!.id).kill();
    const restarted = await eventually(async () => {
      const pods = await cluster.pods(namespace);
      return pods.find((pod) => restartsOf(pod) === 1);
    });
    await cluster.podsReady(namespace, 3);
    expect(restarted.metadata?.name).toBe(victim!.labels['io.kubernetes.pod.name']);
    expect(await appContainers()).toHaveLength(3);
  });

  it('scales to five, and to none, which leaves no container', async () => {
    await scale(5);
    await cluster.podsReady(namespace, 5);
    expect(await appContainers()).toHaveLength(5);
    await scale(0);
    await eventually(async () => (await cluster.pods(namespace)).length === 0, { timeoutMs: 30_000 });
    await eventually(async () => (await cluster.containersOf(namespace)).length === 0, { timeoutMs: 30_000 });
  });

  it('refuses connections to a Service without pods at once', async () => {
    const service = JSON.parse(await kubectl('get', 'service', 'web', '-o', 'json')) as Service;
    await eventually(async () => {
      await expect(httpGet(`http://${service.spec?.clusterIP}/`)).rejects.toThrow(/ECONNREFUSED/);
      return true;
    });
  });

  it('deletes the controller with its pods and their containers', async () => {
    await scale(2);
    await cluster.podsReady(namespace, 2);
    await kubectl('delete', 'rc', 'web');
    await eventually(async () => (await cluster.containersOf(namespace)).length === 0, { timeoutMs: 30_000 });
    await eventually(async () => (await cluster.pods(namespace)).length === 0);
  });
});

/** Asks until so many different answers came, each the name of a pod. */
async function namesBehind(url: string, count: number): Promise<string[]> {
  const names = new Set<string>();
  await eventually(async () => {
    names.add((await httpGet(url)).body.trim());
    return names.size === count;
  });
  return [...names].sort();
}

function restartsOf(pod: Pod): number {
  return pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
}
