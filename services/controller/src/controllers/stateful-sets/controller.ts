import { matchesLabelSelector, sameJson } from '@shiplog/apimachinery';
import { localKey, splitKey } from '@shiplog/contracts';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
import { FailedPods } from '../../domain/failed-pods';
import { revisionNamed } from '../../domain/revisions/history';
import {
  SETTLED,
  type Controller,
  type KeysOf,
  type ReconcileRequest,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { decideStatefulSet } from './decide';
import { hasClaimNamed, type StatefulSet } from './identity';

const RESOURCE = 'statefulsets.apps';
/** Between two replacements of a pod that ends again and again: Kubernetes has none, and is busy for as long as a node refuses one. */
const LONGEST_WAIT_MS = 60_000;
const matches = ({ spec }: StatefulSet, labels: Readonly<Record<string, string>> | undefined): boolean =>
  matchesLabelSelector(spec?.selector, labels);

/** Keeps the pods of StatefulSets, each with its own name and claims. Keys: a set's namespace/name. */
export class StatefulSetController implements Controller {
  readonly name = 'stateful-sets';
  readonly watches: Controller['watches'] = {
    [RESOURCE]: keyOfItself,
    pods: keysOfOwners('StatefulSet', RESOURCE, matches),
    'controllerrevisions.apps': keysOfOwners('StatefulSet', RESOURCE, matches),
    persistentvolumeclaims: keysOfClaim,
  };
  readonly allKeys = keysOfAll(RESOURCE);
  readonly #failed = new FailedPods(LONGEST_WAIT_MS);

  reconcile(key: string, { state, now, refused, observe }: ReconcileRequest): ReconcileResult {
    const { namespace, name } = splitKey(key);
    const set = state.get(RESOURCE, namespace, name);
    if (set === undefined) {
      this.#failed.forget(key);
      return SETTLED;
    }
    const version = `${set.metadata.uid}/${set.metadata.generation ?? 0}`;
    const { result, failed } = decideStatefulSet({
      set,
      pods: candidatesOf(state, 'pods', set.metadata),
      revisions: candidatesOf(state, 'controllerrevisions.apps', set.metadata),
      revisionNamed: revisionNamed(state, namespace),
      claimNamed: (claim) => state.get('persistentvolumeclaims', namespace, claim),
      waits: () => observe('failed-pods', () => this.#failed.waitsOf(key, version, now.ms)),
      now,
      refused,
      namespaceTerminating: state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined,
    });
    this.#failed.replaced(key, version, failed, now.ms);
    return result;
  }
}

/** The sets that have a claim of this name, when it comes, goes or changes owners. */
function keysOfClaim(
  { before, after }: Parameters<KeysOf<'persistentvolumeclaims'>>[0],
  state: ReconcileRequest['state'],
) {
  const metadata = (after ?? before)?.metadata;
  if (metadata === undefined || sameJson(seenOf(before), seenOf(after))) return [];
  const { namespace = '', name } = metadata;
  return state
    .list(RESOURCE, namespace)
    .filter((set) => hasClaimNamed(set, name))
    .map((set) => localKey(namespace, set.metadata.name));
}

function seenOf(claim: Parameters<KeysOf<'persistentvolumeclaims'>>[0]['before']): unknown[] {
  return claim === undefined ? [] : [claim.metadata.deletionTimestamp ?? null, claim.metadata.ownerReferences ?? []];
}
