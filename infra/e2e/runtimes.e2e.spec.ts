import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, Pod, Service } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { layoutOf } from '../launcher/src/layout';
import { TestCluster, webController } from './support/cluster';
import { launcherOf } from './support/launcher';
import { E2E_SECOND_SLOT } from './support/place';
import { remainsOf } from './support/remains';

const ON_CONTAINERD = 'minion-2';

describe('npm run up -- --runtime docker,containerd', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-e2e-runtimes-'));
  const layout = layoutOf({ slot: E2E_SECOND_SLOT, minions: 2, home, runtimes: ['docker', 'containerd'] });
  const launcher = launcherOf(home, E2E_SECOND_SLOT);
  let cluster: TestCluster;
  let web: Pod;

  beforeAll(async () => {
    chmodSync(home, 0o711);
    await launcher('up', '--no-sample', '--minions', '2', '--runtime', 'docker,containerd');
    cluster = new TestCluster(layout, home);
  });
  afterAll(async () => {
    await cluster?.close();
    await launcher('reset');
    rmSync(home, { recursive: true });
  });

  it('has a minion of each, and each says so', async () => {
    const versions = layout.minions.map(async ({ name }) => {
      const { status } = await cluster.api.get<Node>(`/api/v1/nodes/${name}`);
      return status?.nodeInfo?.containerRuntimeVersion.split(':')[0];
    });
    expect(await Promise.all(versions)).toEqual(['docker', 'containerd']);
  });

  it('runs pods on both that meet by a Service; those on containerd have a log, and are entered', async () => {
    const ports = [{ port: 80 }];
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports },
    };
    await cluster.apply(webController('web', 2), service);
    const pods = await cluster.podsReady('default', 2);
    expect(pods.map(({ spec }) => spec?.nodeName).sort()).toEqual(layout.minions.map(({ name }) => name));
    web = pods.find(({ spec }) => spec?.nodeName === ON_CONTAINERD)!;
    const { clusterIP } = (await cluster.api.get<Service>('/api/v1/namespaces/default/services/web')).spec!;
    const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${clusterIP} 80 | tail -1`;
    const answered = new Set<string>();
    await eventually(async () => {
      for (const pod of pods) answered.add((await inPod(pod, ask)).trim());
      return pods.every(({ metadata }) => answered.has(metadata.name ?? ''));
    });
    await inPod(web, 'echo to its log > /proc/1/fd/1');
    await eventually(async () => (await cluster.kubectl('logs', web.metadata.name ?? '')) === 'to its log\n');
  });

  it('has pods that outlive containerd, and new ones once it is back', async () => {
    await cluster.kill(`${ON_CONTAINERD}-containerd`);
    await cluster.kubectl('run', 'later', '--image=busybox:1.36', `--overrides=${onContainerd}`, '--', 'sleep', '1000');
    const pods = await cluster.podsReady('default', 3);
    const after = pods.find(({ metadata }) => metadata.uid === web.metadata.uid);
    const containers = ({ status }: Pod) =>
      status?.containerStatuses?.map((item) => [item.containerID, item.restartCount]);
    expect(containers(after!)).toEqual(containers(web));
  });

  it('leaves nothing when it is reset, also not of a launcher that was killed', async () => {
    await cluster.kill('minion-2-containerd');
    process.kill(cluster.claim().pid, 'SIGKILL');
    await launcher('reset');
    expect(await remainsOf(layout, home)).toEqual([]);
  });

  const onContainerd = JSON.stringify({ apiVersion: 'v1', spec: { nodeName: ON_CONTAINERD } });

  function inPod({ metadata }: Pod, script: string): Promise<string> {
    return cluster.kubectl('exec', metadata.name ?? '', '--', 'sh', '-c', script);
  }
});
