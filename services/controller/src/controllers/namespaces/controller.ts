import type { ReadonlyCluster } from '@shiplog/cluster';
import type { KubeStatus, ResourceRow, StoredObject } from '@shiplog/contracts';
import { isRace, SETTLED, type Controller, type KeysOf, type ReconcileRequest } from '../../runtime/domain/controller';
import { decideNamespace, type NamespaceOutcome } from './decide';

/** Empties namespaces that are to go, then lets them go. Keys: names of namespaces. */
export function namespaceController(
  /** Resolves when the state holds all that the journal had committed at the time of asking. */
  upToDate: () => Promise<void>,
): Controller {
  return {
    name: 'namespaces',
    watches: { namespaces: ({ after }) => (after === undefined ? [] : [after.metadata.name]) },
    watchesAll: keysOfContent,
    allKeys: (state) => state.list('namespaces').map((namespace) => namespace.metadata.name),
    reconcile: async (key, request) => {
      const { state, now } = request;
      const decided = (): NamespaceOutcome => {
        const namespace = state.get('namespaces', '', key);
        return namespace === undefined
          ? { kind: 'none' }
          : decideNamespace({ namespace, content: contentOf(state, key), now, failures: failuresOf(request) });
      };
      let outcome = decided();
      if (outcome.kind === 'finalize') {
        await upToDate();
        outcome = decided();
      }
      return outcome.kind === 'none' ? SETTLED : { ...outcome, basis: request.position };
    },
  };
}

/** Why content was not asked to go, beside races: who lost one tries again. */
function failuresOf({ refused }: ReconcileRequest): KubeStatus[] {
  return refused.flatMap(({ command, status }) =>
    command.type === 'DeleteCollection' && !isRace(status) ? [status] : [],
  );
}

function contentOf(state: ReadonlyCluster, namespace: string): Map<ResourceRow, readonly StoredObject[]> {
  const namespaced = [...state.catalog.rows].filter((row) => row.namespaced);
  return new Map(namespaced.map((row) => [row, state.list(row.id, namespace)]));
}

/** Content matters only in a namespace that is to go. */
const keysOfContent: KeysOf = ({ before, after }, state) => {
  const name = (after ?? before)?.metadata.namespace ?? '';
  return state.get('namespaces', '', name)?.metadata.deletionTimestamp === undefined ? [] : [name];
};
