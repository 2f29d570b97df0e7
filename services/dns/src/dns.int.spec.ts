import { networkInterfaces } from 'node:os';
import type { CommandReply } from '@shiplog/contracts';
import { newCommandId } from '@shiplog/bus';
import type { Projection } from '@shiplog/projection';
import { eventually, freePort, TestSystem } from '@shiplog/testing';
import { ask, said } from './testing/client';

/** Nobody may have endpoints on the loopback. */
const ADDRESS =
  Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1';
const SLICES = 'endpointslices.discovery.k8s.io';

describe('the DNS of a real cluster', () => {
  let system: TestSystem;
  let seen: Projection;
  const ports = new Map<string, number>();

  const run = async (instance: string): Promise<void> => {
    const port = ports.get(instance) ?? (await freePort());
    ports.set(instance, port);
    const place = { DNS_ADDRESS: ADDRESS, DNS_PORT: String(port) };
    await system.run('dns', instance, { ...place, CLUSTER_DNS: '10.96.0.10', RESOLV_CONF: '/dev/null' });
  };
  const slice = (name: string) => seen.get(SLICES, 'kube-system', name);
  const isReady = (name: string): boolean | undefined => slice(name)?.endpoints?.[0]?.conditions?.ready;
  const answers = async (name: string, instance = 'dns-1'): Promise<string[]> =>
    said(await ask(ports.get(instance) ?? 0, `${name}.default.svc.cluster.local`, 'A', ADDRESS));

  beforeAll(async () => {
    system = await TestSystem.start();
    seen = await system.projection();
    for (const name of ['default', 'kube-system']) await system.create('namespaces', { metadata: { name } });
    await Promise.all([run('dns-1'), run('dns-2')]);
  });
  afterAll(async () => {
    await seen.close();
    await system.stop();
  });

  it('is announced as kube-dns, each instance in a slice of its own', async () => {
    await eventually(() => isReady('kube-dns-1') === true && isReady('kube-dns-2') === true);
    expect(seen.get('services', 'kube-system', 'kube-dns')).toMatchObject({
      metadata: { labels: { 'k8s-app': 'kube-dns' } },
      spec: {
        clusterIP: '10.96.0.10',
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53 },
        ],
      },
    });
    expect(slice('kube-dns-2')).toMatchObject({
      ports: [{ port: ports.get('dns-2'), protocol: 'UDP' }, { protocol: 'TCP' }],
    });
    // Once all is said, nothing more is written.
    const before = slice('kube-dns-1')?.metadata.resourceVersion;
    await system.create('services', {
      metadata: { name: 'first' },
      spec: { clusterIP: '10.96.0.21', ports: [{ port: 80 }] },
    });
    await eventually(async () => (await answers('first')).length > 0);
    expect(slice('kube-dns-1')?.metadata.resourceVersion).toBe(before);
  });

  it('knows a Service as soon as it is there, and no longer than it is', async () => {
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begun = performance.now();
      await system.create('services', {
        metadata: { name: `s${i}` },
        spec: { clusterIP: `10.96.1.${i + 1}`, ports: [{ port: 80 }] },
      });
      const written = performance.now();
      await eventually(async () => (await answers(`s${i}`, 'dns-2')).includes(`A "10.96.1.${i + 1}"`), { everyMs: 1 });
      took.push(performance.now() - written);
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
    expect(took.sort((a, b) => a - b)[10]).toBeLessThan(50);
    await system.delete('services', 's0');
    await eventually(async () => (await answers('s0', 'dns-2')).length === 0);
  });

  it('takes an instance out that does not answer, and in again when it does', async () => {
    await system.kill('dns-2');
    await eventually(() => isReady('kube-dns-2') === false);
    expect(isReady('kube-dns-1')).toBe(true);
    await run('dns-2');
    await eventually(() => isReady('kube-dns-2') === true);
  });

  it('leaves before it ends', async () => {
    await system.kill('dns-2', 'SIGTERM');
    await eventually(() => isReady('kube-dns-2') === false);
    await run('dns-2');
    await eventually(() => isReady('kube-dns-2') === true);
  });

  it('may write nothing but where it is reached', async () => {
    const bus = await system.nats.bus('impostor', { role: 'dns', name: 'dns-1' });
    const actor = 'system:shiplog:dns';
    const create = (
      resource: 'services' | 'secrets' | typeof SLICES,
      namespace: string,
      name: string,
    ): Promise<CommandReply> =>
      bus.command({
        id: newCommandId(),
        actor,
        type: 'CreateObject',
        data: { resource, namespace, object: { apiVersion: 'v1', kind: 'Service', metadata: { name } } },
      });
    for (const tried of [
      create('services', 'kube-system', 'other'),
      create('services', 'default', 'kube-dns'),
      create('secrets', 'kube-system', 'kube-dns-1'),
      create(SLICES, 'default', 'kube-dns-1'),
    ]) {
      expect(await tried).toMatchObject({ ok: false, status: { reason: 'Forbidden' } });
    }
    const data = { resource: SLICES, namespace: 'kube-system', name: 'kube-dns-2' } as const;
    expect(await bus.command({ id: newCommandId(), actor, type: 'DeleteObject', data })).toMatchObject({ ok: false });
  });
});
