import { eventually } from '@shiplog/testing';
import { type Census, settledCensus, takeCensus } from './support/census';
import { TestCluster, webController } from './support/cluster';

const NAMESPACE = 'churn';
const MINION = 'minion-2';
const PODS = 4;
const GONE = { timeoutMs: 60_000 };

/** What a killed one was just making or removing is where leaks come from. */
describe('kill -9 while pods come and go', () => {
  const cluster = new TestCluster();
  let census: Census;

  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    await cluster.kubectlWith({ input: JSON.stringify(controller()) }, '-n', NAMESPACE, 'create', '-f', '-');
    await cluster.kubectl('-n', NAMESPACE, 'expose', 'rc', 'passing', '--port=80');
    // The first to come there leaves the minion's bridge and the like, which stay.
    await scale(1);
    await cluster.podsReady(NAMESPACE, 1);
    await scale(0);
    await eventually(async () => (await cluster.pods(NAMESPACE)).length === 0, GONE);
    census = await settledCensus(cluster);
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  const scale = (replicas: number) =>
    cluster.kubectl('-n', NAMESPACE, 'scale', 'rc', 'passing', `--replicas=${replicas}`);
  const containers = async () => (await cluster.containersOf(NAMESPACE)).length;

  it.each(['kubelet', 'network', 'dockerd', 'containerd'])(
    'of the %s: all of them run, then all are gone, and nothing of them is left',
    async (victim) => {
      await scale(PODS);
      await eventually(async () => (await containers()) >= 3);
      await cluster.kill(`${MINION}-${victim}`);
      await cluster.podsReady(NAMESPACE, PODS);
      await scale(0);
      await eventually(async () => (await cluster.pods(NAMESPACE)).length < PODS || (await containers()) < 2 * PODS);
      await cluster.kill(`${MINION}-${victim}`);
      await eventually(async () => (await cluster.pods(NAMESPACE)).length === 0, GONE);
      await cluster.allReady();
      await eventually(async () => expect(await takeCensus(cluster)).toEqual(census) ?? true, { timeoutMs: 30_000 });
    },
  );
});

/** Web servers on the minion where something is killed, with a volume in memory each. */
function controller() {
  const web = webController('passing', 0);
  const { template } = web.spec as { template: { spec: { containers: object[] } & Record<string, unknown> } };
  Object.assign(template.spec, {
    nodeName: MINION,
    volumes: [{ name: 'memory', emptyDir: { medium: 'Memory' } }],
  });
  Object.assign(template.spec.containers[0]!, { volumeMounts: [{ name: 'memory', mountPath: '/memory' }] });
  return web;
}
