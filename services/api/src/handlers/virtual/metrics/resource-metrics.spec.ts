import type { PayloadOf, StoredObject, Usage } from '@shiplog/contracts';
import { parseLabelSelector } from '@shiplog/apimachinery';
import { KubeletUsage } from '@shiplog/service';
import { clusterOf } from '../../../testing/api-testing';
import type { Selection } from '../../../rest/options';
import { ResourceMetrics } from './resource-metrics';

const usage = { time: '2026-01-01T00:00:50.000Z', nanoCores: 250_000_000, windowMs: 15_000, memoryBytes: 2 ** 20 };

const nodeCalled = (name: string, ready = 'True'): StoredObject =>
  ({ metadata: { name, uid: name }, status: { conditions: [{ type: 'Ready', status: ready }] } }) as never;
const pod = (name: string, nodeName?: string): StoredObject =>
  ({ metadata: { name, namespace: 'default', uid: name, labels: { app: name } }, spec: { nodeName } }) as never;
const everything: Selection = { namespace: '', labels: [], fields: [], since: undefined, key: '' };

/** Kubelets by their nodes: what they answer, for as long as they take. */
class Kubelets {
  readonly asked: [node: string, ...pods: string[]][] = [];
  readonly silent = new Set<string>();

  ask = (
    _: unknown,
    { pods }: PayloadOf<typeof Usage>,
    { node }: { node: string },
    { timeoutMs }: { timeoutMs: number },
  ) => {
    this.asked.push([node, ...pods]);
    if (this.silent.has(node)) return Promise.reject(new Error(`no answer within ${timeoutMs} ms`));
    const told = pods.map((uid) => ({ uid, containers: uid === 'new' ? [] : [{ name: 'main', ...usage }] }));
    return Promise.resolve({ node: usage, pods: told });
  };
}

describe('resource metrics', () => {
  let kubelets: Kubelets;
  let metrics: ResourceMetrics;
  const nodes = [nodeCalled('n1'), nodeCalled('n2'), nodeCalled('away', 'Unknown')];
  const pods = [pod('a', 'n1'), pod('b', 'n2'), pod('c', 'n1'), pod('lost', 'away'), pod('new', 'n2'), pod('pending')];
  beforeEach(() => {
    kubelets = new Kubelets();
    const asked = new KubeletUsage(kubelets as never, { debug: () => undefined });
    const clock = { now: () => Date.parse('2026-01-01T00:01:00Z') };
    metrics = new ResourceMetrics(clusterOf(pods, { nodes }) as never, asked, clock);
  });
  const names = (objects: readonly StoredObject[]): string[] => objects.map(({ metadata }) => metadata.name);

  it('ask every node once for all that is wanted of it, and none that is away', async () => {
    expect(names(await metrics.pods.list(everything))).toEqual(['a', 'b', 'c']);
    expect(kubelets.asked).toEqual([
      ['n1', 'a', 'c'],
      ['n2', 'b', 'new'],
    ]);
    expect(names(await metrics.nodes.list(everything))).toEqual(['n1', 'n2']);
  });

  it('ask only for what a selection chooses, and not again for what was just told', async () => {
    const labels = parseLabelSelector('app=c');
    const selection = { ...everything, labels: labels.ok ? labels.value : [] };
    expect(names(await metrics.pods.list(selection))).toEqual(['c']);
    expect(names(await metrics.pods.list(everything))).toEqual(['a', 'b', 'c']);
    expect(kubelets.asked).toEqual([
      ['n1', 'c'],
      ['n1', 'a'],
      ['n2', 'b', 'new'],
    ]);
  });

  it('of a node that does not answer are missing', async () => {
    kubelets.silent.add('n1');
    expect(names(await metrics.pods.list(everything))).toEqual(['b']);
    expect(names(await metrics.nodes.list(everything))).toEqual(['n2']);
  });

  it('are not found in the words of metrics-server', async () => {
    expect(await metrics.pods.get('default', 'a')).toMatchObject({ kind: 'PodMetrics', metadata: { name: 'a' } });
    await expect(metrics.pods.get('default', 'new')).rejects.toThrow(
      'podmetrics.metrics.k8s.io "default/new" not found',
    );
    await expect(metrics.pods.get('default', 'x')).rejects.toThrow('podmetrics.metrics.k8s.io "default/x" not found');
    await expect(metrics.nodes.get('', 'away')).rejects.toThrow('nodemetrics.metrics.k8s.io "away" not found');
  });
});
