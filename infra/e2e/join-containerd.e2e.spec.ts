import type { ContainerStatus, Node } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { askControl } from '../launcher/src/control/control';
import { IMAGES } from '../launcher/src/images/catalogue';
import { provideImage } from '../launcher/src/images/provide-images';
import { layoutOf } from '../launcher/src/layout';
import { settingsFrom } from '../launcher/src/settings';
import { OtherMachine } from '../testing/src/other-machine';
import { httpGet, TestCluster } from './support/cluster';
import { E2E_SECOND_SLOT, E2E_SLOT } from './support/place';
import { remainsOf } from './support/remains';

const SELECTOR = 'app=on-containerd';
const SERVES = 'mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www';

describe('a machine without Docker that joins with --runtime containerd', () => {
  const cluster = new TestCluster();
  let other: OtherMachine;

  beforeAll(async () => {
    other = await OtherMachine.start(cluster.home, E2E_SLOT, E2E_SECOND_SLOT, 'containerd');
  });
  afterAll(() => cluster.close());

  const podOn = (node: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'on-containerd', labels: { app: 'on-containerd' } },
    spec: {
      nodeName: node,
      containers: [
        { name: 'web', image: 'busybox:1.36', command: ['sh', '-c', SERVES], ports: [{ containerPort: 80 }] },
      ],
    },
  });

  it('runs pods that this machine reaches', async () => {
    const answer = await askControl(cluster.home, { verb: 'token', name: '5' });
    await other.join((answer.ok && answer.text) || '', '--runtime', 'containerd');
    const { status } = await cluster.api.get<Node>(`/api/v1/nodes/${other.nodeName}`);
    expect(status?.nodeInfo?.containerRuntimeVersion).toMatch(/^containerd:/);
    const { cache } = settingsFrom(process.env);
    for (const row of IMAGES) await provideImage([other.images], row, cache, () => undefined);
    await cluster.apply(podOn(other.nodeName));
    const [pod] = await cluster.podsReady('default', 1, SELECTOR);
    await eventually(async () => (await httpGet(`http://${pod?.status?.podIP}/`)).body.trim() === 'on-containerd');
  });

  it('has them still after its agents and its containerd were away, which it runs again without being told', async () => {
    const idsOf = (statuses: readonly ContainerStatus[] = []) => statuses.map(({ containerID }) => containerID);
    const containers = async () => (await cluster.pods('default', SELECTOR))[0]?.status?.containerStatuses;
    const before = await containers();
    await other.silence();
    await other.join();
    // A node that was not away for long has been ready all the while.
    await eventually(async () => (await cluster.kubectl('exec', 'on-containerd', '--', 'hostname')).trim() !== '');
    expect(idsOf(await containers())).toEqual(idsOf(before));
  });

  it('keeps nothing of it when it is reset', async () => {
    await cluster.kubectl('delete', 'pod', 'on-containerd', '--wait=false');
    await other.stop();
    await cluster.kubectl('delete', 'node', other.nodeName);
    // Others join by this name.
    expect(await askControl(cluster.home, { verb: 'forget', name: other.nodeName })).toMatchObject({ ok: true });
    const layout = layoutOf({ slot: E2E_SECOND_SLOT, minions: 1, home: other.home });
    expect(await remainsOf(layout, other.home)).toEqual([]);
  });
});
