import type { DaemonSet } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { TestCluster } from './support/cluster';

const NAMESPACE = 'daemons';
const set = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'busybox:1.36', command: ['sleep', '3600'] }],
      },
    },
  },
};

describe('DaemonSets through kubectl', () => {
  const cluster = new TestCluster();
  const kubectl = (...args: string[]) => cluster.kubectl('-n', NAMESPACE, ...args);
  const rolledOut = () => kubectl('rollout', 'status', 'ds/agent', '--timeout=40s');
  const pods = () => cluster.pods(NAMESPACE, 'app=agent');
  const nodes = async () => (await pods()).map(({ spec }) => spec?.nodeName).sort();
  const minions = cluster.layout.minions.map(({ name }) => name).sort();

  beforeAll(async () => {
    await cluster.kubectl('create', 'namespace', NAMESPACE);
    await cluster.kubectlWith({ input: JSON.stringify(set) }, '-n', NAMESPACE, 'create', '-f', '-');
    await rolledOut();
  });
  afterAll(async () => {
    await cluster.kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    await cluster.close();
  });

  it('have a pod on each node, also on one that takes no others', async () => {
    expect(await nodes()).toEqual(minions);
    const [pod] = await pods();
    await cluster.kubectl('cordon', pod!.spec!.nodeName!);
    try {
      await kubectl('delete', 'pod', pod!.metadata.name!);
      await eventually(async () => (await nodes()).join() === minions.join(), { timeoutMs: 20_000 });
      await rolledOut();
    } finally {
      await cluster.kubectl('uncordon', pod!.spec!.nodeName!);
    }
    expect(await kubectl('describe', 'ds', 'agent')).toMatch(
      /SuccessfulCreate +\S+( \(x\d+ over \w+\))? +daemonset-controller +Created pod: agent-/,
    );
  });

  it('are what a drain stops at, and leaves alone where it is told to', async () => {
    const [node] = minions;
    const drain = (...flags: string[]) => kubectl('drain', node!, '--pod-selector=app=agent', ...flags);
    try {
      await expect(drain()).rejects.toThrow(/cannot delete DaemonSet-managed Pods.*daemons\/agent-/);
      expect(await drain('--ignore-daemonsets')).toMatch(new RegExp(`node/${node} drained`));
    } finally {
      await cluster.kubectl('uncordon', node!);
    }
    expect(await nodes()).toEqual(minions);
  });

  it('are updated node by node, undone and told of by kubectl rollout', async () => {
    await kubectl('set', 'env', 'ds/agent', 'COLOR=blue');
    expect(await rolledOut()).toMatch(/successfully rolled out/);
    expect((await pods()).map(({ spec }) => spec?.containers[0]?.env?.[0]?.value)).toEqual(minions.map(() => 'blue'));
    expect(await kubectl('rollout', 'history', 'ds/agent')).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/);
    expect(await kubectl('rollout', 'undo', 'ds/agent')).toBe('daemonset.apps/agent rolled back\n');
    await rolledOut();
    expect(await kubectl('rollout', 'undo', 'ds/agent', '--to-revision=3')).toMatch(
      /^daemonset.apps\/agent skipped rollback/,
    );
    const { status } = JSON.parse(await kubectl('get', 'ds', 'agent', '-o', 'json')) as DaemonSet;
    expect(status).toMatchObject({ numberAvailable: minions.length, updatedNumberScheduled: minions.length });
  });

  it('leave the nodes that they are no longer for, and come to those that they are for', async () => {
    const patch = { spec: { template: { spec: { nodeSelector: { 'example.com/agent': 'yes' } } } } };
    await kubectl('patch', 'ds', 'agent', '-p', JSON.stringify(patch));
    await eventually(async () => (await pods()).length === 0, { timeoutMs: 20_000 });
    const [node] = minions;
    await cluster.kubectl('label', 'node', node!, 'example.com/agent=yes');
    try {
      await eventually(async () => (await nodes()).join() === node, { timeoutMs: 20_000 });
      await rolledOut();
    } finally {
      await cluster.kubectl('label', 'node', node!, 'example.com/agent-');
    }
    await eventually(async () => (await pods()).length === 0, { timeoutMs: 20_000 });
  });
});
