import type { ReadonlyCluster } from '@shiplog/cluster';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import { localKey, splitKey } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
import { revisionNamed } from '../../domain/revisions/history';
import {
  SETTLED,
  type Controller,
  type KeysOf,
  type ObjectChange,
  type ReconcileRequest,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { decideDaemonSet } from './decide';
import { FailedPods } from '../../domain/failed-pods';
import { placementOf, type DaemonSet } from './placement';

const RESOURCE = 'daemonsets.apps';
/** Between two replacements of failed pods of a node, as by Kubernetes. */
const LONGEST_WAIT_MS = 15 * 60_000;
const matches = ({ spec }: DaemonSet, labels: Readonly<Record<string, string>> | undefined): boolean =>
  matchesLabelSelector(spec?.selector, labels);
const keysOfRevision: KeysOf<'controllerrevisions.apps'> = keysOfOwners('DaemonSet', RESOURCE, matches);

/** Keeps a pod of each DaemonSet on every node that it fits. Keys: a set's namespace/name. */
export class DaemonSetController implements Controller {
  readonly name = 'daemon-sets';
  readonly watches: Controller['watches'] = {
    [RESOURCE]: keyOfItself,
    pods: keysOfOwners('DaemonSet', RESOURCE, matches),
    // What somebody makes for a set is looked at when something else happens, as by Kubernetes.
    'controllerrevisions.apps': (change, state) =>
      change.before === undefined && controllerOf(change.after) !== undefined ? [] : keysOfRevision(change, state),
    nodes: keysOfNode,
  };
  readonly allKeys = keysOfAll(RESOURCE);
  readonly #failed = new FailedPods(LONGEST_WAIT_MS);

  reconcile(key: string, { state, now, position, refused, observe }: ReconcileRequest): ReconcileResult {
    const { namespace, name } = splitKey(key);
    const set = state.get(RESOURCE, namespace, name);
    if (set === undefined) {
      this.#failed.forget(key);
      return SETTLED;
    }
    const version = `${set.metadata.uid}/${set.metadata.generation ?? 0}`;
    const { result, failed } = decideDaemonSet({
      set,
      nodes: state.list('nodes'),
      pods: candidatesOf(state, 'pods', set.metadata),
      revisions: candidatesOf(state, 'controllerrevisions.apps', set.metadata),
      revisionNamed: revisionNamed(state, namespace),
      waits: () => observe('failed-pods', () => this.#failed.waitsOf(key, version, now.ms)),
      now,
      position,
      refused,
      namespaceTerminating: state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined,
    });
    this.#failed.replaced(key, version, failed, now.ms);
    return result;
  }
}

/** The sets that have another place for a pod there than before. */
function keysOfNode({ before, after }: ObjectChange<'nodes'>, state: ReadonlyCluster): string[] {
  return state
    .list(RESOURCE)
    .filter((set) => {
      const placement = placementOf(set);
      const [was, is] = [before, after].map((node) => (node === undefined ? undefined : placement(node)));
      return was?.runs !== is?.runs || was?.stays !== is?.stays;
    })
    .map(({ metadata: { namespace = '', name } }) => localKey(namespace, name));
}
