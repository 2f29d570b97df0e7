import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey, type ObjectOf, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { scaleOf, selects } from '@shiplog/admission';
import { sameJson } from '@shiplog/apimachinery';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import {
  SETTLED,
  type Controller,
  type ObjectChange,
  type ReconcileRequest,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { keyOfItself, keysOfAll } from '../../domain/claims';
import { isPodReady } from '../../domain/pods';
import { askScales, hasScale, isKeptWhole, type AskedScales, type AskJournal } from '../../domain/scales';
import { decideBudget } from './decide';
import { decideStaleTarget, mayBeStale } from './stale-targets';
import { dependsOnScale, expectationOf, expectedScale, scalesToAsk } from './expectation';

const BUDGETS = 'poddisruptionbudgets.policy';
/** Marks the key of a pod that says that it is about to go. */
const TARGET = 'target:';
const NONE_ASKED: AskedScales = new Map();

type Budget = ObjectOf<typeof BUDGETS>;

/**
 * Keeps count, for PodDisruptionBudgets, of how many of their pods may be evicted, and takes back of pods that they are about to go
 * when they do not. Keys: a budget's namespace/name, and `target:namespace/name` of a pod.
 */
export function disruptionController(ask: AskJournal): Controller {
  return {
    name: 'disruption',
    watches: {
      [BUDGETS]: keyOfItself,
      *pods(change, state) {
        yield* budgetsOfPod(change, state);
        yield* targetOf(change.after);
      },
    },
    watchesAll: budgetsOfScale,
    *allKeys(state) {
      yield* keysOfAll(BUDGETS)(state);
      for (const pod of state.list('pods')) yield targetOf(pod)[0];
    },
    reconcile: (key, request) => {
      if (key.startsWith(TARGET)) {
        const { namespace, name } = splitKey(key.slice(TARGET.length));
        return decideStaleTarget(request.state.get('pods', namespace, name), request.now);
      }
      const toAsk = scalesToAsk(request.state, NONE_ASKED, scaledPodsOf(request.state, key));
      if (toAsk.length === 0) return decide(key, request, NONE_ASKED);
      return askScales(request, ask, toAsk).then((asked) => decide(key, request, asked));
    },
  };
}

function targetOf(pod: StoredPod | undefined): string[] {
  if (pod === undefined || !mayBeStale(pod)) return [];
  return [TARGET + localKey(pod.metadata.namespace ?? '', pod.metadata.name)];
}

function decide(key: string, { state, position: basis, now }: ReconcileRequest, asked: AskedScales): ReconcileResult {
  const budget = budgetOf(state, key);
  if (budget === undefined) return SETTLED;
  const scaled = scaledPodsOf(state, key);
  // The change that brought what was not asked for wakes the key again.
  if (scalesToAsk(state, asked, scaled).length > 0) return SETTLED;
  const pods = podsOf(state, budget);
  const expectation = expectationOf(budget, pods.length, expectedScale(state, asked, scaled));
  return { ...decideBudget({ budget, pods, expectation, now }), basis };
}

function budgetOf(state: ReadonlyCluster, key: string): Budget | undefined {
  const { namespace, name } = splitKey(key);
  return state.get(BUDGETS, namespace, name);
}

function podsOf(state: ReadonlyCluster, { metadata, spec }: Budget): StoredPod[] {
  return state.list('pods', metadata.namespace).filter((pod) => selects(spec?.selector, pod.metadata.labels));
}

/** The pods whose controllers a budget has to know. */
function scaledPodsOf(state: ReadonlyCluster, key: string): StoredPod[] {
  const budget = budgetOf(state, key);
  return budget !== undefined && dependsOnScale(budget) ? podsOf(state, budget) : [];
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
