import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../../../services/kubelet/src/testing/test-engine';
import { KubectlSession } from './kubectl-session';
import { newestKubectl } from './kubectls';
import { NODE, NodeRig } from './node-rig';
import { startKubectl } from './running-kubectl';

const client = newestKubectl();
const labels = { app: 'web' };
const controller = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: labels,
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: BUSYBOX, command: ['/busybox', 'sleep', '1000'] }],
      },
    },
  },
};

let node: NodeRig;
beforeAll(async () => {
  node = await NodeRig.start();
});
afterAll(() => node?.stop());

describe('a PodDisruptionBudget through kubectl', () => {
  const my = new KubectlSession(() => node.rig, client, 'disruption');
  const pods = async (): Promise<string[]> =>
    (await my.run('get pods -l app=web -o name')).trim().replaceAll('pod/', '').split('\n').sort();
  const budget = (field: string) => my.run(`get pdb web -o jsonpath={.status.${field}}`);
  const eviction = (name: string) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: my.namespace },
  });

  beforeAll(async () => {
    await my.run(`create namespace ${my.namespace}`);
    await my.steps([
      ['create -f -', / created/, controller],
      ['create pdb web --selector=app=web --max-unavailable=50%', 'poddisruptionbudget.policy/web created'],
      ['wait pdb/web --for=jsonpath={.status.currentHealthy}=2 --timeout=30s', /condition met/],
    ]);
  });

  it('tells what it counts', async () => {
    await my.steps([
      ['get pdb web', /^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\nweb +N\/A +50% +1 +\d+s/],
      ['describe pdb web', /Allowed disruptions: +1\n +Current: +2\n +Desired: +1\n +Total: +2\n/],
    ]);
    expect(await budget('conditions[0].reason')).toBe('SufficientPods');
  });

  it('makes a drain wait, and go on when another pod has taken over', async () => {
    const before = await pods();
    const args = `drain ${NODE} --ignore-daemonsets --pod-selector=app=web --timeout=50s`;
    expect(await my.run(`${args} --dry-run=server`)).toMatch(/evicting pod disruption\/web-\w+ \(server dry run\)\n/);
    expect(await pods()).toEqual(before);
    const drain = startKubectl([client.binary, ...args.split(' ')], node.rig.kubectlEnv());
    await eventually(() => drain.said().includes('Cannot evict pod as it would violate the pod'), {
      timeoutMs: 20_000,
    });
    const [left = '', ...others] = (await pods()).filter((name) => before.includes(name));
    expect(others).toEqual([]);
    await my.refuses(
      `create --raw /api/v1/namespaces/${my.namespace}/pods/${left}/eviction -f -`,
      /\(TooManyRequests\): Cannot evict pod as it would violate the pod's disruption budget\./,
      eviction(left),
    );
    await my.run(`uncordon ${NODE}`);
    expect([await drain.ended, drain.said()]).toEqual([0, expect.stringContaining(`node/${NODE} drained`)]);
    expect((await pods()).filter((name) => before.includes(name))).toEqual([]);
    await my.run('wait pdb/web --for=jsonpath={.status.currentHealthy}=2 --timeout=30s');
    expect(await budget('disruptionsAllowed')).toBe('1');
  });
});
