import type { Node, Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { engineAt } from '../launcher/src/engines/engine-client';
import { IMAGES } from '../launcher/src/images/catalogue';
import { provideImage } from '../launcher/src/images/provide-images';
import { settingsFrom } from '../launcher/src/settings';
import { run } from '../launcher/src/system/run';
import { OtherMachine } from '../testing/src/other-machine';
import { httpGet, TestCluster, webController } from './support/cluster';
import { E2E_SLOT } from './support/place';

const NAMESPACE = 'join';

describe('another machine with NATS_URL, a node name and the three services', () => {
  const cluster = new TestCluster();
  let other: OtherMachine;

  beforeAll(async () => {
    other = await OtherMachine.start(cluster.home, E2E_SLOT, cluster.claim().natsUrl);
    const { cache } = settingsFrom(process.env);
    for (const row of IMAGES) await provideImage([engineAt(other.dockerHost)], row, cache, () => undefined);
    await cluster.kubectl('create', 'namespace', NAMESPACE);
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'node', other.nodeName);
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  const readyStatus = async (): Promise<string | undefined> => {
    const node = await cluster.api.get<Node>(`/api/v1/nodes/${other.nodeName}`);
    return node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  };

  it('becomes a minion, and runs pods that the others and this machine reach', async () => {
    await other.join();
    await eventually(async () => (await readyStatus()) === 'True');
    const controller = webController('web', 3);
    const { template } = controller.spec as { template: { spec: object } };
    Object.assign(template.spec, { nodeSelector: { 'kubernetes.io/hostname': other.nodeName } });
    await cluster.kubectlWith({ input: JSON.stringify(controller) }, '-n', NAMESPACE, 'create', '-f', '-');
    const pods = await cluster.podsReady(NAMESPACE, 3);
    expect(new Set(pods.map((pod) => pod.spec?.nodeName))).toEqual(new Set([other.nodeName]));
    const [first, second] = pods.map((pod) => ({ name: pod.metadata?.name, url: `http://${pod.status?.podIP}/` }));
    await eventually(async () => expect((await httpGet(first!.url)).body.trim()).toBe(first!.name) ?? true);
    await eventually(async () => expect((await fromMinion(second!.url)).trim()).toBe(second!.name) ?? true);
  });

  it('is given up when it falls silent', async () => {
    await other.stop();
    await eventually(async () => (await readyStatus()) === 'Unknown', { timeoutMs: 30_000 });
    const unready = async (): Promise<boolean> => (await cluster.pods(NAMESPACE)).every((pod) => !isServing(pod));
    await eventually(unready);
  });

  /** What a process in the first minion's network gets. */
  const fromMinion = (url: string): Promise<string> => {
    const netns = `/run/netns/${cluster.layout.minions[0]!.netns}`;
    return run('nsenter', [`--net=${netns}`, 'curl', '-sf', '-m', '3', url]);
  };
});

function isServing(pod: Pod): boolean {
  return pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
}
