import fc from 'fast-check';
import { ADMINISTRATOR, type BuiltIn } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { targetOf } from '../controllers/daemon-sets/placement';
import { isPodFinished } from '../domain/pods';
import { momentOf } from '../runtime/domain/controller';
import type { TestCluster } from './cluster';

/** Those that pods of histories run on. */
export const NODES = ['node-1', 'node-2', 'node-3'] as const;

const nth = fc.nat(30);
const node = fc.constantFrom(...NODES);
const of = <K extends string, F extends object>(kind: K, fields: { [N in keyof F]: fc.Arbitrary<F[N]> }) =>
  fc.record({ kind: fc.constant(kind), ...fields }) as fc.Arbitrary<{ kind: K } & F>;

/** What befalls any controller, and goes on around it. */
export const accidents = fc.oneof(
  // The controllers get some turns, or all that they want.
  { weight: 6, arbitrary: of('work', { turns: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: of('rest', {}) },
  // So many of their commands are decided, and nobody hears of it.
  { weight: 2, arbitrary: of('lose-replies', { count: fc.integer({ min: 1, max: 4 }) }) },
  // From here on the projection is behind, until it is delivered.
  { weight: 2, arbitrary: of('lag', {}) },
  { weight: 2, arbitrary: of('deliver', {}) },
  { weight: 1, arbitrary: of('restart', {}) },
  { weight: 1, arbitrary: of('clock', { seconds: fc.integer({ min: -600, max: 1200 }) }) },
  { weight: 2, arbitrary: of('edit', { nth }) },
  { weight: 3, arbitrary: of('bind', { nth, node }) },
  { weight: 6, arbitrary: of('pod', { nth, becomes: fc.constantFrom('ready', 'unready', 'Succeeded', 'Failed') }) },
  { weight: 3, arbitrary: of('all-ready', {}) },
  { weight: 3, arbitrary: of('delete-pod', { nth, force: fc.boolean() }) },
  { weight: 1, arbitrary: of('node-lost', { node, podsFail: fc.boolean() }) },
);

/** Its controllers are started again by whoever runs them. */
export type Accident = typeof accidents extends fc.Arbitrary<infer A> ? A : never;

/** Makes an accident happen; one that has nothing to happen to does not. `edited`: see Histories. */
export async function befall(
  cluster: TestCluster,
  accident: Exclude<Accident, { kind: 'restart' }>,
  edited: readonly BuiltIn[],
): Promise<void> {
  switch (accident.kind) {
    case 'work':
      return takeTurns(accident.turns);
    case 'rest':
      cluster.lagging = false;
      cluster.deliver();
      return cluster.settle();
    case 'lose-replies':
      cluster.loseReply = losing(accident.count);
      return;
    case 'lag':
      cluster.lagging = true;
      return;
    case 'deliver':
      cluster.lagging = false;
      return cluster.deliver();
    case 'clock':
      cluster.clock += accident.seconds * 1_000;
      return;
    case 'edit':
      return edit(cluster, edited, accident.nth);
    case 'bind': {
      const pod = podOf(cluster, accident.nth);
      return pod === undefined ? undefined : bind(cluster, pod, accident.node);
    }
    case 'pod': {
      const pod = podOf(cluster, accident.nth);
      return pod === undefined ? undefined : report(cluster, pod, accident.becomes);
    }
    case 'all-ready':
      return runPods(cluster, false);
    case 'delete-pod': {
      const pod = podOf(cluster, accident.nth);
      if (pod === undefined) return;
      return cluster.delete('pods', pod.metadata.name, accident.force ? { gracePeriodSeconds: 0 } : {});
    }
    case 'node-lost':
      return loseNode(cluster, accident.node, accident.podsFail);
  }
}

/** Nodes do their work: pods get a node, start, become ready or, where they end, end well; those on their way out end and go. */
export async function runPods(cluster: TestCluster, podsEnd: boolean): Promise<void> {
  for (const [i, pod] of cluster.journal.list('pods').entries()) {
    const { name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      await report(cluster, pod, 'Failed');
      await cluster.delete('pods', name, { gracePeriodSeconds: 0 });
    } else {
      await bind(cluster, pod, NODES[i % NODES.length]!);
      await report(cluster, pod, podsEnd ? 'Succeeded' : 'ready');
    }
  }
}

function podOf(cluster: TestCluster, nth: number): StoredPod | undefined {
  const pods = cluster.journal.list('pods');
  return pods[nth % Math.max(pods.length, 1)];
}

/** One that is pinned to a node goes nowhere else. */
async function bind(cluster: TestCluster, pod: StoredPod, free: string): Promise<void> {
  const { metadata, spec } = pod;
  const target = targetOf(pod) ?? free;
  if (spec?.nodeName !== undefined || metadata.deletionTimestamp !== undefined) return;
  if (cluster.journal.get('nodes', '', target) === undefined) return;
  const { namespace = '', name, uid } = metadata;
  await cluster.send({ type: 'BindPods', data: { bindings: [{ namespace, name, uid, node: target }] } });
}

/** As a kubelet would; one that has ended stays as it is. */
async function report(cluster: TestCluster, pod: StoredPod, becomes: string): Promise<void> {
  if (isPodFinished(pod)) return;
  const runs = becomes === 'ready' || becomes === 'unready';
  const status = becomes === 'ready' ? 'True' : 'False';
  const before = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const phase = runs ? 'Running' : becomes;
  if (pod.status?.phase === phase && before?.status === status) return;
  const time = before?.status === status ? before.lastTransitionTime : momentOf(cluster.clock).time;
  const conditions = [{ type: 'Ready', status, lastTransitionTime: time }];
  await cluster.patch('pods', pod.metadata.name, { status: { phase, conditions } }, 'status');
}

async function loseNode(cluster: TestCluster, lost: string, podsFail: boolean): Promise<void> {
  for (const pod of cluster.journal.list('pods').filter(({ spec }) => spec?.nodeName === lost)) {
    if (podsFail) await report(cluster, pod, 'Failed');
    else await cluster.delete('pods', pod.metadata.name, { gracePeriodSeconds: 0 });
  }
}

/** Another's write: it moves the object's version, and nothing that a controller looks at. */
async function edit(cluster: TestCluster, resources: readonly BuiltIn[], chosen: number): Promise<void> {
  const objects = resources.flatMap((resource) =>
    cluster.journal.list(resource).map(({ metadata: { name } }) => ({ resource, name })),
  );
  const object = objects[chosen % Math.max(objects.length, 1)];
  if (object === undefined) return;
  const annotations = { 'example.com/edited': `${cluster.log.length}` };
  await cluster.patch(object.resource, object.name, { metadata: { annotations } });
}

function losing(count: number): TestCluster['loseReply'] {
  let left = count;
  return ({ actor }) => actor !== ADMINISTRATOR && left-- > 0;
}

async function takeTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
