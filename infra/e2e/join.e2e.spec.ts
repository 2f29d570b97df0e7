import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectionRefused } from '@shiplog/bus';
import type { Node, Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { Cluster } from '../launcher/src/cluster';
import { IMAGES } from '../launcher/src/images/catalogue';
import { provideImage } from '../launcher/src/images/provide-images';
import { becomeMember, connectAgent, keptMembership } from '../launcher/src/join/membership';
import { decodeToken } from '../launcher/src/join/token';
import { settingsFrom } from '../launcher/src/settings';
import { run } from '../launcher/src/system/run';
import { OtherMachine } from '../testing/src/other-machine';
import { httpGet, TestCluster, webController } from './support/cluster';
import { launcherOf } from './support/launcher';
import { E2E_SECOND_SLOT, E2E_SLOT } from './support/place';

const NAMESPACE = 'join';

describe('another machine with the word that `npm run token` prints', () => {
  const cluster = new TestCluster();
  let other: OtherMachine;
  let word: string;

  beforeAll(async () => {
    other = await OtherMachine.start(cluster.home, E2E_SLOT, E2E_SECOND_SLOT);
    const { cache } = settingsFrom(process.env);
    for (const row of IMAGES) await provideImage([other.images], row, cache, () => undefined);
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    word = await newToken();
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'node', other.nodeName, '--ignore-not-found');
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    // Their kubelet is let in no more: nobody else would end them before they count as orphans.
    await cluster.kubectl('-n', NAMESPACE, 'delete', 'pods', '--all', '--force', '--grace-period=0');
    await other.stop();
    await cluster.close();
  });

  const launcher = launcherOf(cluster.home, E2E_SLOT);
  const newToken = async (): Promise<string> => /shiplog1\.[\w-]+/.exec(await launcher('token', '--minutes', '5'))![0];
  const machineAt = (home: string): Cluster =>
    new Cluster(settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: String(E2E_SLOT) }), () => undefined);

  const readyStatus = async (): Promise<string | undefined> => {
    const node = await cluster.api.get<Node>(`/api/v1/nodes/${other.nodeName}`);
    return node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  };

  it('becomes a minion with credentials of its own, and runs pods that the others and this machine reach', async () => {
    await other.join(word);
    expect(await readyStatus()).toBe('True');
    expect(existsSync(join(other.home, 'credentials', `kubelet.${other.nodeName}`, 'seed.nk'))).toBe(true);
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

  it('has used the word up: nobody else gets in with it', async () => {
    const token = decodeToken(word);
    const intruder = machineAt(join(other.home, 'intruder'));
    await expect(becomeMember(intruder, token, 'intruder')).rejects.toThrow(/was used already|does not let bootstrap/);
    expect(keptMembership(intruder)).toBeUndefined();
    const nodes = await cluster.kubectl('get', 'nodes', '-o', 'name');
    expect(nodes).not.toContain('intruder');
  });

  it('can’t take the name of a machine that is there', async () => {
    const token = decodeToken(await newToken());
    const impostor = machineAt(join(other.home, 'impostor'));
    for (const name of [other.nodeName, cluster.layout.minions[0]!.name]) {
      await expect(becomeMember(impostor, token, name)).rejects.toMatchObject({ status: { code: 409 } });
    }
  });

  it('is given up when it falls silent, and comes back without a word', async () => {
    await other.silence();
    await eventually(async () => (await readyStatus()) === 'Unknown', { timeoutMs: 30_000 });
    await eventually(async () => (await cluster.pods(NAMESPACE)).every((pod) => !isServing(pod)));
    await other.join();
    expect(await readyStatus()).toBe('True');
    await cluster.podsReady(NAMESPACE, 3);
  });

  it('that is forgotten is let in no more', async () => {
    await other.silence();
    await launcher('forget', other.nodeName);
    const machine = machineAt(other.home);
    const membership = keptMembership(machine)!;
    await expect(connectAgent(machine, membership, 'kubelet', 1_000)).rejects.toThrow(ConnectionRefused);
  });

  /** What a process in the first minion's network gets. */
  const fromMinion = (url: string): Promise<string> => {
    const netns = `/run/netns/${cluster.layout.minions[0]!.netns}`;
    return run('nsenter', [`--net=${netns}`, 'curl', '-sf', '-m', '3', url]);
  };
});

function isServing(pod: Pod): boolean {
  return pod.status?.conditions?.some((item) => item.type === 'Ready' && item.status === 'True') ?? false;
}
