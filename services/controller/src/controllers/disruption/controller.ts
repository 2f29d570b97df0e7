import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey, type ObjectOf, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { scaleOf, selects } from '@shiplog/admission';
import { sameJson } from '@shiplog/apimachinery';
import { controllerOf } from '@shiplog/kube';
import { SETTLED, type Controller, type ObjectChange } from '../../runtime/domain/controller';
import { keyOfItself, keysOfAll } from '../../domain/claims';
import { isPodReady } from '../../domain/pods';
import { hasScale, isKeptWhole, type AskJournal } from '../../domain/scales';
import { decideBudget } from './decide';
import { dependsOnScale, expectationOf, expectedScale } from './expectation';

const BUDGETS = 'poddisruptionbudgets.policy';

/** Keeps count, for PodDisruptionBudgets, of how many of their pods may be evicted. Keys: a budget's namespace/name. */
export function disruptionController(ask: AskJournal): Controller {
  return {
    name: 'disruption',
    watches: {
      [BUDGETS]: keyOfItself,
      pods: budgetsOfPod,
    },
    watchesAll: budgetsOfScale,
    allKeys: keysOfAll(BUDGETS),
    reconcile: async (key, { state, now, observe }) => {
      const { namespace, name } = splitKey(key);
      const budget = state.get(BUDGETS, namespace, name);
      if (budget === undefined) return SETTLED;
      const { selector } = budget.spec ?? {};
      const pods = state.list('pods', namespace).filter(({ metadata }) => selects(selector, metadata.labels));
      const asked: AskJournal = (owner) => observe(Object.values(owner).join('/'), () => ask(owner));
      const scale = await expectedScale(state, asked, dependsOnScale(budget) ? pods : []);
      return decideBudget({ budget, pods, expectation: expectationOf(budget, pods.length, scale), now });
    },
  };
}

/** Those that chose the pod or choose it now, where they would count it otherwise. */
function budgetsOfPod({ before, after }: ObjectChange<'pods'>, state: ReadonlyCluster): string[] {
  if (before !== undefined && after !== undefined && sameJson(seenOf(before), seenOf(after))) return [];
  const { namespace = '' } = (after ?? before)?.metadata ?? {};
  const labels = [before, after].flatMap((pod) => (pod === undefined ? [] : [pod.metadata.labels]));
  return state
    .list(BUDGETS, namespace)
    .filter(({ spec }) => labels.some((those) => selects(spec?.selector, those)))
    .map(({ metadata: { name } }) => localKey(namespace, name));
}

function seenOf(pod: ObjectOf<'pods'>) {
  const { uid, labels, deletionTimestamp } = pod.metadata;
  return { uid, labels, deletionTimestamp, owner: controllerOf(pod)?.uid, ready: isPodReady(pod) };
}

/** Those of the namespace that count by what controllers ask for, when one asks for another number. */
function budgetsOfScale({ resource, before, after }: ObjectChange, state: ReadonlyCluster): string[] {
  if (!hasScale(state, resource)) return [];
  const { namespace = '' } = (after ?? before)?.metadata ?? {};
  const budgets = state.list(BUDGETS, namespace).filter(dependsOnScale);
  if (budgets.length === 0) return [];
  if (isKeptWhole(resource) && sameJson(askedFor(state, resource, before), askedFor(state, resource, after))) return [];
  return budgets.map(({ metadata: { name } }) => localKey(namespace, name));
}

/** What an object asks for, and for whom it does. */
function askedFor({ catalog }: ReadonlyCluster, resource: ResourceId, object: StoredObject | undefined) {
  const version = catalog.get(resource)?.versions[0];
  if (object === undefined || version === undefined) return {};
  return { replicas: scaleOf(version, object).spec?.replicas, owner: controllerOf(object)?.uid };
}
