import type { Pod } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { type Census, settledCensus, takeCensus } from './support/census';
import { TestCluster, webController } from './support/cluster';
import { Conversation } from './support/conversation';
import { Load } from './support/load';
import { rebuildAndCompare } from './support/rebuild';

const PODS = 4;
const NAMESPACE = 'kills';
const APP = 'app=steady';

/** Everything that one machine of the cluster runs, by the names of `npm run status`. */
const VICTIMS = [
  'journal',
  'api',
  'scheduler',
  'controller',
  'dns-1',
  'minion-1-kubelet',
  'minion-1-network',
  'minion-1-proxy',
  'minion-2-dockerd',
  'minion-2-containerd',
  'nats',
  'postgres',
];

describe('kill -9 under load', () => {
  const cluster = new TestCluster();
  let load: Load;
  let before: Pod[];
  let census: Census;
  const conversation = new Conversation(cluster, NAMESPACE);

  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    await cluster.kubectlWith(
      { input: JSON.stringify(webController('steady', PODS)) },
      '-n',
      NAMESPACE,
      'create',
      '-f',
      '-',
    );
    before = await cluster.podsReady(NAMESPACE, PODS, APP);
    await conversation.start({ from: 'minion-1', to: 'minion-2' });
    census = await settledCensus(cluster);
    load = new Load(cluster, NAMESPACE);
  });
  afterAll(async () => {
    await load.stop();
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  it.each(VICTIMS)('of %s: it comes back, nothing is doubled or lost, and a connection stays up', async (victim) => {
    const acknowledged = load.acknowledged.size;
    await cluster.kill(victim);
    await cluster.allReady();
    const pods = await cluster.podsReady(NAMESPACE, PODS, APP);
    expect(uids(pods)).toEqual(uids(before));
    await eventually(async () => expect(await takeCensus(cluster)).toEqual(census) ?? true);
    await conversation.goesOn();
    // Writes go on: what was refused meanwhile was tried again.
    await eventually(() => load.acknowledged.size > acknowledged + 20);
  });

  it('after all of them the workload still grows and shrinks', async () => {
    await cluster.kubectl('-n', NAMESPACE, 'scale', 'rc', 'steady', `--replicas=${PODS + 2}`);
    await cluster.podsReady(NAMESPACE, PODS + 2, APP);
    await cluster.kubectl('-n', NAMESPACE, 'scale', 'rc', 'steady', `--replicas=${PODS}`);
    await cluster.podsReady(NAMESPACE, PODS, APP);
    await eventually(async () => expect(await takeCensus(cluster)).toEqual(census) ?? true);
  });

  it('after all of them exactly what was acknowledged is there, and the log folds to the same state', async () => {
    await load.stop();
    expect(await load.listed()).toEqual(load.acknowledged);
    expect(await rebuildAndCompare(cluster)).toMatch(/equal|same/);
  });
});

function uids(pods: readonly Pod[]): string[] {
  return pods.map((pod) => pod.metadata?.uid ?? '').sort();
}
