import fc from 'fast-check';
import { ADMINISTRATOR } from '@shiplog/contracts';
import { isPodActive } from '../../domain/pods';
import type { TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { replicaSetController } from '../replica-sets/controller';
import { countIn, DESIRED_REPLICAS, revisionOf } from './annotations';
import { isRolling, maxSurge, maxUnavailable, wantedReplicas, type Deployment } from './budget';
import { deploymentController } from './controller';
import type { ReplicaSet } from './set-plan';
import { sameTemplate } from './template';

const NAME = 'web';
const BUDGETS = [
  { maxSurge: 1, maxUnavailable: 0 },
  { maxSurge: 0, maxUnavailable: 1 },
  { maxSurge: 2, maxUnavailable: 2 },
  { maxSurge: '30%', maxUnavailable: '30%' },
];

const wish = <K extends string, T>(kind: K, to: fc.Arbitrary<T>) => fc.record({ kind: fc.constant(kind), to });
const wishes = fc.oneof(
  { weight: 3, arbitrary: wish('image', fc.constantFrom('web:1', 'web:2', 'web:3')) },
  { weight: 2, arbitrary: wish('scale', fc.nat(8)) },
  { weight: 1, arbitrary: wish('pause', fc.boolean()) },
  { weight: 1, arbitrary: wish('budget', fc.constantFrom(...BUDGETS)) },
  { weight: 1, arbitrary: wish('recreate', fc.constant(true)) },
  { weight: 1, arbitrary: wish('delete-set', fc.nat(5)) },
);

/** What there was at a position: what a decision that names it as its basis had seen. */
interface Moment {
  readonly position: number;
  readonly deployment: Deployment | undefined;
  readonly sets: readonly ReplicaSet[];
}

function momentOf(cluster: TestCluster): Moment {
  const deployment = cluster.journal.get('deployments.apps', 'default', NAME);
  return { position: cluster.log.length, deployment, sets: cluster.journal.list('replicasets.apps') };
}

const total = (sets: readonly ReplicaSet[]) => sets.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0);

/** How many pods sets have that were known to be available, and are not given up. */
function availableOf(sets: readonly ReplicaSet[], seen: readonly ReplicaSet[]): number {
  return sets.reduce((sum, { metadata, spec }) => {
    const known = seen.find((set) => set.metadata.uid === metadata.uid)?.status?.availableReplicas ?? 0;
    return sum + Math.min(spec?.replicas ?? 0, known);
  }, 0);
}

/** Holds what one change of a set's replicas did against the budget that its decider knew of. */
function expectWithinBudget(before: Moment, after: Moment, basis: Moment): void {
  const { deployment } = basis;
  if (deployment === undefined) return;
  const wanted = wantedReplicas(deployment);
  const [was, is] = [total(before.sets), total(after.sets)];
  if (is > was) expect(is).toBeLessThanOrEqual(Math.max(was, wanted + maxSurge(deployment)));
  const isScaled = basis.sets.some(
    ({ metadata, spec }) =>
      (spec?.replicas ?? 0) > 0 && (countIn(metadata.annotations, DESIRED_REPLICAS) ?? wanted) !== wanted,
  );
  if (is >= was || isScaled || deployment.spec?.paused === true || !isRolling(deployment)) return;
  const least = wanted - maxUnavailable(deployment);
  expect(availableOf(after.sets, basis.sets)).toBeGreaterThanOrEqual(
    Math.min(least, availableOf(before.sets, basis.sets)),
  );
}

it(
  'a Deployment has, in every history, never more pods than it may, spares only pods beyond its budget, and comes to its template',
  () => {
    const histories = new WeakMap<TestCluster, Moment[]>();
    const momentsOf = (cluster: TestCluster) => histories.get(cluster)!;
    return holdThroughHistories({
      controllers: () => [replicaSetController, deploymentController],
      edited: ['deployments.apps', 'replicasets.apps'],
      wishes,
      async begin(cluster) {
        histories.set(cluster, [momentOf(cluster)]);
        await cluster.create('deployments.apps', {
          metadata: { name: NAME },
          spec: {
            replicas: 3,
            revisionHistoryLimit: 1,
            selector: { matchLabels: { app: NAME } },
            template: { metadata: { labels: { app: NAME } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
          },
        });
      },
      async grant(cluster, { kind, to }) {
        const patch = (spec: object) => cluster.patch('deployments.apps', NAME, { spec });
        if (kind === 'image') await patch({ template: { spec: { containers: [{ name: 'main', image: to }] } } });
        else if (kind === 'scale') await patch({ replicas: to });
        else if (kind === 'pause') await patch({ paused: to });
        else if (kind === 'budget') await patch({ strategy: { type: 'RollingUpdate', rollingUpdate: to } });
        else if (kind === 'recreate') await patch({ strategy: { type: 'Recreate', rollingUpdate: null } });
        else {
          const sets = cluster.journal.list('replicasets.apps');
          const set = sets[to % Math.max(1, sets.length)];
          if (set !== undefined) await cluster.delete('replicasets.apps', set.metadata.name);
        }
      },
      always(cluster) {
        const moments = momentsOf(cluster);
        const before = moments.at(-1)!;
        const after = momentOf(cluster);
        moments.push(after);
        for (const event of cluster.log.slice(before.position)) {
          if (event.resource !== 'replicasets.apps' || event.actor === ADMINISTRATOR) continue;
          if (event.fact !== 'Created' && event.fact !== 'ReplicasChanged') continue;
          expectWithinBudget(
            before,
            after,
            moments.findLast(({ position }) => position <= (event.basis ?? 0))!,
          );
        }
      },
      atRest(cluster) {
        const { deployment, sets } = momentOf(cluster);
        const { spec, status, metadata } = deployment!;
        expect(status?.observedGeneration).toBe(metadata.generation);
        const revisions = sets.map((set) => revisionOf(set.metadata.annotations));
        expect(new Set(revisions).size).toBe(sets.length);
        // How far a rollout had come stays as it is.
        if (spec?.paused === true) return;
        const present = sets.find((set) => sameTemplate(set.spec?.template ?? {}, spec?.template ?? {}));
        expect(present?.spec?.replicas).toBe(spec?.replicas);
        expect(revisionOf(metadata.annotations)).toBe(revisionOf(present?.metadata.annotations));
        expect(status?.conditions?.find(({ type }) => type === 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
        const counted = [status?.replicas, status?.updatedReplicas, status?.availableReplicas].map(
          (count = 0) => count,
        );
        expect(counted).toEqual(counted.map(() => spec?.replicas));
        // Pods of a set that was deleted go with it: by the garbage collector, which is not here.
        const own = sets.flatMap((set) => cluster.journal.controlledBy('pods', set.metadata.uid));
        expect(own.filter(isPodActive)).toHaveLength(spec?.replicas ?? -1);
        expect(sets.length).toBeLessThanOrEqual(1 + (spec?.revisionHistoryLimit ?? 0));
      },
    });
  },
  historiesPatienceMs(),
);
