import { matchesLabelSelector, sameJson } from '@shiplog/apimachinery';
import { localKey, splitKey } from '@shiplog/contracts';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
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
const matches = ({ spec }: StatefulSet, labels: Readonly<Record<string, string>> | undefined): boolean =>
  matchesLabelSelector(spec?.selector, labels);

/** Keeps the pods of StatefulSets, each with its own name and claims. Keys: a set's namespace/name. */
export const statefulSetController: Controller = {
  name: 'stateful-sets',
  watches: {
    [RESOURCE]: keyOfItself,
    pods: keysOfOwners('StatefulSet', RESOURCE, matches),
    'controllerrevisions.apps': keysOfOwners('StatefulSet', RESOURCE, matches),
    persistentvolumeclaims: keysOfClaim,
  },
  allKeys: keysOfAll(RESOURCE),
  reconcile,
};

function reconcile(key: string, { state, now, refused }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const set = state.get(RESOURCE, namespace, name);
  if (set === undefined) return SETTLED;
  return decideStatefulSet({
    set,
    pods: candidatesOf(state, 'pods', set.metadata),
    revisions: candidatesOf(state, 'controllerrevisions.apps', set.metadata),
    revisionNamed: revisionNamed(state, namespace),
    claimNamed: (claim) => state.get('persistentvolumeclaims', namespace, claim),
    now,
    refused,
    namespaceTerminating: state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined,
  });
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
