import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndpointSlice, Node, Pod, Service } from '@shiplog/contracts';
import { networkContains, parseNetwork } from '@shiplog/apimachinery';
import { eventually } from '@shiplog/testing';
import { layoutOf } from '../launcher/src/layout';
import { TestCluster } from './support/cluster';
import { TestMinion } from './support/minion';
import { launcherOf } from './support/launcher';
import { E2E_SECOND_SLOT } from './support/place';
import { remainsOf } from './support/remains';

const BOTH = { ipFamilyPolicy: 'PreferDualStack' };

describe('npm run up -- --dual-stack', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-e2e-dual-'));
  const layout = layoutOf({ slot: E2E_SECOND_SLOT, minions: 2, home, dualStack: true });
  const launcher = launcherOf(home, E2E_SECOND_SLOT);
  let cluster: TestCluster;
  let minions: TestMinion[] = [];
  let pods: Pod[] = [];

  beforeAll(async () => {
    chmodSync(home, 0o711);
    await launcher('up', '--no-sample', '--minions', '2', '--dual-stack');
    cluster = new TestCluster(layout, home);
    minions = layout.minions.map(({ name }) => new TestMinion(cluster, name));
    await cluster.apply(
      ...layout.minions.map(({ name }) => podOn(name)),
      serviceOf('web', { ...BOTH, type: 'NodePort' }),
    );
    pods = await cluster.podsReady('default', minions.length);
  });
  afterAll(async () => {
    await cluster?.close();
    await launcher('reset');
    rmSync(home, { recursive: true });
    expect(await remainsOf(layout, home)).toEqual([]);
  });

  const service = async (name: string): Promise<Service> => JSON.parse(await get('service', name)) as Service;
  const get = (...what: string[]): Promise<string> => cluster.kubectl('get', ...what, '-o', 'json');
  const inPod = (name: string, ...command: string[]) => cluster.kubectl('exec', name, '--', ...command);
  const fetched = (from: string, place: string) =>
    inPod(from, 'timeout', '5', 'wget', '-q', '-O', '-', `http://${place}/`);

  it('gives its pods an address of each family, from their node’s networks, and tells them', async () => {
    const nodes = JSON.parse(await get('nodes')) as { items: Node[] };
    const networks = new Map(nodes.items.map(({ metadata, spec }) => [metadata?.name, spec?.podCIDRs ?? []]));
    for (const { metadata, spec, status } of pods) {
      const ips = (status?.podIPs ?? []).map(({ ip }) => ip);
      const own = networks.get(spec?.nodeName) ?? [];
      expect([ips.length, own.length, status?.hostIPs?.length]).toEqual([2, 2, 2]);
      ips.forEach((ip, i) => expect(networkContains(parseNetwork(own[i] ?? '')!, ip)).toBe(true));
      expect(status?.podIP).toBe(ips[0]);
      const told = await inPod(metadata?.name ?? '', 'sh', '-c', 'echo $POD_IPS; cat /etc/hosts');
      expect(told).toContain(`${ips.join()}\n`);
      for (const ip of ips) expect(told).toMatch(new RegExp(`^${ip}\\s.*${metadata?.name}$`, 'm'));
    }
  });

  it('has a Service’s pods in slices of each family, and in Endpoints by the first', async () => {
    const selector = ['-l', 'kubernetes.io/service-name=web'];
    const addressesOf = (i: number) => pods.map(({ status }) => status?.podIPs?.[i]?.ip ?? '').sort();
    await eventually(async () => {
      const { items } = JSON.parse(await get('endpointslices', ...selector)) as { items: EndpointSlice[] };
      const found = new Map(
        items.map(({ addressType, endpoints = [] }) => [
          addressType,
          endpoints.flatMap((item) => item.addresses).sort(),
        ]),
      );
      expect(found).toEqual(
        new Map([
          ['IPv4', addressesOf(0)],
          ['IPv6', addressesOf(1)],
        ]),
      );
      return true;
    });
    const subsets = await cluster.kubectl('get', 'endpoints', 'web', '-o', 'jsonpath={.subsets[*].addresses[*].ip}');
    expect(subsets.split(' ').sort()).toEqual(addressesOf(0));
  });

  it('lets pods reach pods of another node and Services over IPv6, by address and by name', async () => {
    const [from, to] = pods as [Pod, Pod];
    const [name, other] = [from.metadata?.name ?? '', to.metadata?.name ?? ''];
    const { clusterIPs = [] } = (await service('web')).spec ?? {};
    await eventually(async () => {
      expect(await fetched(name, `[${to.status?.podIPs?.[1]?.ip}]`)).toBe(`${other}\n`);
      for (const ip of clusterIPs)
        expect(await fetched(name, ip.includes(':') ? `[${ip}]` : ip)).toMatch(/^minion-\d\n$/);
      return true;
    });
    // This minion may hear of the cluster's DNS a moment after its first pods run.
    const lookUp = () => inPod(name, 'nslookup', '-type=aaaa', 'web.default.svc.cluster.local');
    await eventually(async () => (await lookUp()).includes(`Address: ${clusterIPs[1]}\n`));
  });

  it('lets minions reach Services over IPv6, by ClusterIP and by any minion’s NodePort', async () => {
    const { clusterIPs = [], ports = [] } = (await service('web')).spec ?? {};
    const [first, second] = minions as [TestMinion, TestMinion];
    const places = [`[${clusterIPs[1]}]`, `[${second.place.address6}]:${ports[0]?.nodePort}`];
    await eventually(async () => {
      for (const place of places)
        expect(await first.within('curl', '-s', '-m', '5', `http://${place}/`)).toMatch(/^minion-\d\n$/);
      return true;
    });
  });

  it('gives a Service a second address when it is asked to, and takes it back', async () => {
    await cluster.apply(serviceOf('one', {}));
    const [first] = (await service('one')).spec?.clusterIPs ?? [];
    const patched = async (ipFamilyPolicy: string) => {
      await cluster.kubectl('patch', 'service', 'one', '-p', JSON.stringify({ spec: { ipFamilyPolicy } }));
      const { clusterIPs, ipFamilies } = (await service('one')).spec ?? {};
      return { clusterIPs, ipFamilies };
    };
    expect(await patched('RequireDualStack')).toEqual({
      clusterIPs: [first, expect.stringContaining(':')],
      ipFamilies: ['IPv4', 'IPv6'],
    });
    expect(await patched('SingleStack')).toEqual({ clusterIPs: [first], ipFamilies: ['IPv4'] });
  });
});

/** A pod that answers with its minion's name on both families. */
function podOn(node: string) {
  const script = `mkdir /www; echo ${node} > /www/index.html; exec httpd -f -p '[::]:80' -h /www`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: node, labels: { app: 'web' } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'c',
          image: 'busybox:1.36',
          command: ['sh', '-c', script],
          env: [{ name: 'POD_IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } }],
          readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
        },
      ],
    },
  };
}

function serviceOf(name: string, more: object) {
  const spec = { selector: { app: 'web' }, ports: [{ port: 80 }], ...more };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}
