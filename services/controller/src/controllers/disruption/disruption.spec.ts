import fc from 'fast-check';
import type { AnyCommand, BuiltIn, ObjectOf, StoredObject } from '@shiplog/contracts';
import { ADMINISTRATOR } from '@shiplog/contracts';
import { TestCluster } from '../../testing/cluster';
import { controlledBy } from '../../testing/objects';
import { isPodReady } from '../../domain/pods';
import { disruptionController } from './controller';

const BUDGETS = 'poddisruptionbudgets.policy';
const HISTORIES = 60;
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

  it('never fall below what they ask for by evictions, and end with the right count, whatever happens', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('evict' as const), nth: fc.nat(20) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('ready' as const), nth: fc.nat(20), is: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), is: fc.boolean() }) },
      fc.record({ kind: fc.constant('kill' as const), nth: fc.nat(20) }),
      fc.record({ kind: fc.constant('ask' as const), minAvailable: fc.nat(5) }),
      fc.record({ kind: fc.constant('lag' as const) }),
      fc.record({ kind: fc.constant('lose' as const), replies: fc.nat(3) }),
      fc.record({ kind: fc.constant('count' as const) }),
      fc.record({ kind: fc.constant('pass' as const), seconds: fc.nat(300) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const cluster = await clusterWith();
        for (let i = 0; i < 4; i++) await podOf(cluster, `first-${i}`);
        await budgetOf(cluster, { minAvailable: 2 });
        /** Nothing but evictions took a healthy pod since the budget was counted. */
        let isCounted = false;
        const count = async (seconds = 0): Promise<void> => {
          cluster.lagging = false;
          cluster.deliver();
          await cluster.pass(seconds);
          isCounted = true;
        };
        for (const [i, step] of steps.entries()) {
          const pods = cluster.journal.list('pods');
          const name = 'nth' in step ? pods[step.nth % Math.max(pods.length, 1)]?.metadata.name : undefined;
          if (step.kind === 'evict' && name !== undefined) {
            const before = healthy(cluster);
            await evict(cluster, name);
            const least = cluster.journal.get(BUDGETS, 'default', 'web')?.spec?.minAvailable as number;
            if (isCounted) expect(healthy(cluster).length).toBeGreaterThanOrEqual(Math.min(before.length, least));
          } else if (step.kind === 'ready' && name !== undefined) {
            await setReady(cluster, name, step.is);
            isCounted &&= step.is;
          } else if (step.kind === 'kill' && name !== undefined) {
            await cluster.delete('pods', name, { gracePeriodSeconds: 0 });
            isCounted = false;
          } else if (step.kind === 'add') await podOf(cluster, `more-${i}`, undefined, step.is);
          else if (step.kind === 'ask')
            await cluster.patch(BUDGETS, 'web', { spec: { minAvailable: step.minAvailable } });
          else if (step.kind === 'lag') cluster.lagging = true;
          else if (step.kind === 'lose') loseReplies(cluster, step.replies);
          else if (step.kind === 'count') await count();
          else if (step.kind === 'pass') await count(step.seconds);
        }
        cluster.loseReply = () => false;
        await count();
        const pods = cluster.journal.list('pods');
        const least = cluster.journal.get(BUDGETS, 'default', 'web')?.spec?.minAvailable as number;
        const currentHealthy = healthy(cluster).length;
        const disruptionsAllowed = pods.length === 0 ? 0 : Math.max(0, currentHealthy - least);
        expect(statusOf(cluster)).toMatchObject({ expectedPods: pods.length, currentHealthy, disruptionsAllowed });
        const quiet = cluster.log.length;
        await cluster.pass(3600);
        expect(cluster.log).toHaveLength(quiet);
        await cluster.stop();
      }),
      { numRuns: HISTORIES },
    );
  });
});

/** Of the controller's next commands some are never answered, though they are decided. */
function loseReplies(cluster: TestCluster, replies: number): void {
  let left = replies;
  cluster.loseReply = ({ actor }) => actor !== ADMINISTRATOR && left-- > 0;
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
