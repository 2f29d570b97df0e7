import fc from 'fast-check';
import type { AnyCommand, BuiltIn, ObjectOf, StoredObject } from '@shiplog/contracts';
import { ADMINISTRATOR } from '@shiplog/contracts';
import { TestCluster } from '../../testing/cluster';
import { controlledBy } from '../../testing/objects';
import { isPodReady } from '../../domain/pods';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { disruptionController } from './controller';

const BUDGETS = 'poddisruptionbudgets.policy';
const labels = { app: 'web' };
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx' }] } };

async function clusterWith(): Promise<TestCluster> {
  const cluster = new TestCluster();
  await cluster.create('namespaces', { metadata: { name: 'default' } });
  cluster.run(
    disruptionController(({ resource, namespace, name }) =>
      Promise.resolve(cluster.journal.get(resource, namespace, name) ?? null),
    ),
  );
  return cluster;
}

/** A pod that runs on a node: one that goes stays until its node lets go of it. */
async function podOf(cluster: TestCluster, name: string, owner?: StoredObject, isReady = true): Promise<void> {
  const ownerReferences = owner === undefined ? [] : [controlledBy(owner)];
  await cluster.create('pods', {
    metadata: { name, labels, ownerReferences },
    spec: { ...template.spec, nodeName: 'n1' },
  });
  await setReady(cluster, name, isReady);
}

async function setReady(cluster: TestCluster, name: string, isReady: boolean): Promise<void> {
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  await cluster.patch('pods', name, { status: { phase: 'Running', conditions } }, 'status');
}

const evict = (cluster: TestCluster, name: string) =>
  cluster.command({
    id: cluster.newCommandId(),
    actor: ADMINISTRATOR,
    type: 'EvictPod',
    data: { namespace: 'default', name },
  } as AnyCommand);

const budgetOf = (cluster: TestCluster, spec: object, name = 'web') =>
  cluster.create(BUDGETS, { metadata: { name }, spec: { selector, ...spec } });
const statusOf = (cluster: TestCluster, name = 'web') => cluster.journal.get(BUDGETS, 'default', name)?.status;
const healthy = (cluster: TestCluster): ObjectOf<'pods'>[] =>
  cluster.journal.list('pods').filter((pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod));

describe('PodDisruptionBudgets over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await clusterWith();
  });
  afterEach(() => cluster.stop());

  it('follow their pods, and come to rest', async () => {
    await budgetOf(cluster, { minAvailable: 1 });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0, observedGeneration: 1 });
    for (const name of ['a', 'b', 'c']) await podOf(cluster, name);
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 3, currentHealthy: 3, disruptionsAllowed: 2 });
    await setReady(cluster, 'a', false);
    await cluster.patch('pods', 'b', { metadata: { labels: { app: 'debug' } } });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 2, currentHealthy: 1, disruptionsAllowed: 0 });
    await cluster.patch(BUDGETS, 'web', { spec: { minAvailable: 0 } });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ disruptionsAllowed: 1, observedGeneration: 2 });
    const quiet = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it.each<[string, BuiltIn, object]>([
    ['ReplicationController', 'replicationcontrollers', { selector: labels, template }],
    ['ReplicaSet', 'replicasets.apps', { selector, template }],
    ['StatefulSet', 'statefulsets.apps', { selector, template, serviceName: 'web' }],
  ])('count what a %s asks for, also when it asks for more', async (_kind, resource, spec) => {
    const owner = await cluster.create(resource, { metadata: { name: 'web' }, spec: { replicas: 4, ...spec } });
    for (const name of ['a', 'b', 'c']) await podOf(cluster, name, owner as StoredObject);
    await budgetOf(cluster, { maxUnavailable: '50%' });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 4, desiredHealthy: 2, disruptionsAllowed: 1 });
    await cluster.patch(resource, 'web', { spec: { replicas: 6 } });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 6, desiredHealthy: 3, disruptionsAllowed: 0 });
  });

  it('count a Deployment, not the sets that it rolls over', async () => {
    const deployment = await cluster.create('deployments.apps', {
      metadata: { name: 'web' },
      spec: { replicas: 4, selector, template },
    });
    for (const [set, replicas] of [
      ['old', 3],
      ['new', 2],
    ] as const) {
      const owned = { name: set, ownerReferences: [controlledBy(deployment as StoredObject)] };
      const owner = await cluster.create('replicasets.apps', {
        metadata: owned,
        spec: { replicas, selector, template },
      });
      await podOf(cluster, `${set}-a`, owner as StoredObject);
    }
    await budgetOf(cluster, { minAvailable: '25%' });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 4, desiredHealthy: 1, disruptionsAllowed: 1 });
  });

  it("count what a user's own kind asks for, by its scale", async () => {
    await cluster.create('customresourcedefinitions.apiextensions.k8s.io', definition());
    const group = { resource: 'crews.example.com', namespace: 'default' } as const;
    const object = { apiVersion: 'example.com/v1', kind: 'Crew', metadata: { name: 'web' }, spec: { size: 3 } };
    await cluster.send({ type: 'CreateObject', data: { ...group, object } });
    await podOf(cluster, 'a', cluster.journal.get(group.resource, 'default', 'web'));
    await budgetOf(cluster, { maxUnavailable: 2 });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 3, desiredHealthy: 1 });
    const patch = { spec: { size: 5 } };
    await cluster.send({ type: 'PatchObject', data: { ...group, name: 'web', patchType: 'merge', patch } });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 5, desiredHealthy: 3 });
  });

  it.each<[string, BuiltIn, string]>([
    ['a kind without a scale', 'jobs.batch', 'jobs.batch does not implement the scale subresource'],
    ['an owner that is not there', 'replicasets.apps', 'found no controllers for pod "a"'],
  ])('allow none for pods of %s, and say so', async (_that, resource, message) => {
    const kind = resource === 'jobs.batch' ? 'Job' : 'ReplicaSet';
    const apiVersion = resource === 'jobs.batch' ? 'batch/v1' : 'apps/v1';
    await podOf(cluster, 'a', { apiVersion, kind, metadata: { name: 'away', uid: 'u' } } as StoredObject);
    await budgetOf(cluster, { maxUnavailable: 1 });
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message }],
    });
  });

  it('have it taken back of a pod that it is about to go, when it has not gone after two minutes', async () => {
    const target = (reason: string) => ({
      type: 'DisruptionTarget',
      status: 'True',
      reason,
      message: 'm',
      lastTransitionTime: new Date(cluster.clock).toISOString(),
    });
    const told = { kept: 'TerminationByKubelet', stale: 'PreemptionByScheduler', going: 'DeletionByTaintManager' };
    for (const [name, reason] of Object.entries(told)) {
      await podOf(cluster, name);
      await cluster.patch('pods', name, { status: { conditions: [target(reason)] } }, 'status');
    }
    await cluster.delete('pods', 'going');
    const quiet = cluster.log.length;
    await cluster.pass(119);
    expect(cluster.log).toHaveLength(quiet);
    await cluster.pass(2);
    const now = (name: string) =>
      cluster.journal.get('pods', 'default', name)?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    expect(now('stale')).toEqual({
      type: 'DisruptionTarget',
      status: 'False',
      lastTransitionTime: expect.any(String) as string,
    });
    expect([now('kept')?.status, now('going')?.status]).toEqual(['True', 'True']);
    const reset = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(reset);
  });

  it('are kept by evictions that come all at once, also while nobody counts', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await podOf(cluster, name);
    await budgetOf(cluster, { minAvailable: 3 });
    await cluster.settle();
    cluster.lagging = true;
    const replies = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => evict(cluster, name)));
    expect(replies.map(({ ok }) => ok)).toEqual([true, true, false, false, false]);
    expect(replies[2]).toMatchObject({ status: { code: 429, details: { causes: [{ reason: 'DisruptionBudget' }] } } });
    expect(healthy(cluster)).toHaveLength(3);
    cluster.lagging = false;
    cluster.deliver();
    await cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 0 });
    expect(statusOf(cluster)?.disruptedPods ?? {}).toEqual({});
  });

  it('are not counted over an eviction that came between the count and its writing', async () => {
    const cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const name of ['a', 'b', 'c']) await podOf(cluster, name);
    const counting = disruptionController(() => Promise.resolve(null));
    let evicted: string | undefined;
    cluster.run({
      ...counting,
      reconcile: async (key, request) => {
        const decided = await counting.reconcile(key, request);
        if (evicted !== undefined && decided.commands.length > 0) await evict(cluster, evicted);
        evicted = undefined;
        return decided;
      },
    });
    await budgetOf(cluster, { minAvailable: 2 });
    await cluster.settle();
    evicted = 'a';
    await podOf(cluster, 'd', undefined, false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await evict(cluster, 'b')).toMatchObject({ ok: false, status: { code: 429 } });
    expect(healthy(cluster)).toHaveLength(2);
    await cluster.stop();
  });

  it(
    'never allow more evictions than were counted, and end with the right count, whatever happens',
    async () => {
      const wishes = fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('evict' as const), nth: fc.nat(20) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), is: fc.boolean() }) },
        fc.record({ kind: fc.constant('ask' as const), minAvailable: fc.nat(5) }),
      );
      const least = (cluster: TestCluster) =>
        cluster.journal.get(BUDGETS, 'default', 'web')?.spec?.minAvailable as number;
      await holdThroughHistories({
        controllers: () => [disruptionController(() => Promise.resolve(null))],
        begin: async (cluster) => {
          for (let i = 0; i < 4; i++) await podOf(cluster, `first-${i}`);
          await budgetOf(cluster, { minAvailable: 2 });
        },
        wishes,
        grant: async (cluster, wish) => {
          const pods = cluster.journal.list('pods');
          const name = 'nth' in wish ? pods[wish.nth % Math.max(pods.length, 1)]?.metadata.name : undefined;
          if (name !== undefined) await evict(cluster, name);
          else if (wish.kind === 'add') await podOf(cluster, `more-${cluster.log.length}`, undefined, wish.is);
          else if (wish.kind === 'ask')
            await cluster.patch(BUDGETS, 'web', { spec: { minAvailable: wish.minAvailable } });
        },
        edited: [BUDGETS],
        always: keepsToItsCount(),
        atRest: (cluster) => {
          const currentHealthy = healthy(cluster).length;
          const expectedPods = cluster.journal.list('pods').length;
          const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - least(cluster));
          expect(statusOf(cluster)).toMatchObject({ expectedPods, currentHealthy, disruptionsAllowed });
        },
      });
    },
    historiesPatienceMs(),
  );
});

/** However far behind it was when it counted: of the healthy pods that there were then, evictions leave as many as the budget asks for. */
function keepsToItsCount(): (cluster: TestCluster) => void {
  const healthyAt = new WeakMap<TestCluster, Map<number, number>>();
  return (cluster) => {
    const { log } = cluster;
    const known = healthyAt.get(cluster) ?? new Map<number, number>();
    healthyAt.set(cluster, known.set(log.length, healthy(cluster).length));
    const ofBudget = log.filter(({ resource, fact }) => resource === BUDGETS && fact === 'StatusChanged');
    const basis = ofBudget.findLast(({ actor }) => actor !== ADMINISTRATOR)?.basis;
    const before = known.get(basis ?? 0);
    if (basis === undefined || before === undefined) return;
    const charges = ofBudget.filter(({ actor, position }) => actor === ADMINISTRATOR && position > basis).length;
    const least = statusOf(cluster)?.desiredHealthy ?? 0;
    if (charges > 0) expect(before - charges).toBeGreaterThanOrEqual(least);
  };
}

function definition() {
  const openAPIV3Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
  };
  const subresources = { scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } };
  return {
    metadata: { name: 'crews.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'crews', singular: 'crew', kind: 'Crew', listKind: 'CrewList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, subresources }],
    },
  };
}
