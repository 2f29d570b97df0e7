import type { ReadonlyCluster } from '@shiplog/cluster';
import { RESOURCES, type ResourceId, type StoredObject } from '@shiplog/contracts';
import { SETTLED, type ObjectChange, type Controller, type Watches } from '../../runtime/domain/controller';
import { decideNamespace, type NamespaceOutcome } from './decide';

const NAMESPACED = RESOURCES.filter((row) => row.namespaced).map((row) => row.id);

/** Empties namespaces that are to go, then lets them go. Keys: names of namespaces. */
export function namespaceController(
  /** Resolves when the state holds all that the journal had committed at the time of asking. */
  upToDate: () => Promise<void>,
): Controller {
  return {
    name: 'namespaces',
    watches: { ...contentWatches(), namespaces: ({ after }) => (after === undefined ? [] : [after.metadata.name]) },
    allKeys: (state) => state.list('namespaces').map((namespace) => namespace.metadata.name),
    reconcile: async (key, { state, now }) => {
      const decided = (): NamespaceOutcome => {
        const namespace = state.get('namespaces', '', key);
        return namespace === undefined
          ? { kind: 'none' }
          : decideNamespace({ namespace, content: contentOf(state, key), now });
      };
      let outcome = decided();
      if (outcome.kind === 'finalize') {
        await upToDate();
        outcome = decided();
      }
      return outcome.kind === 'none' ? SETTLED : outcome;
    },
  };
}

function contentOf(state: ReadonlyCluster, namespace: string): Map<ResourceId, readonly StoredObject[]> {
  return new Map(NAMESPACED.map((resource) => [resource, state.list(resource, namespace)]));
}

/** Content matters only in a namespace that is to go. */
function contentWatches(): Watches {
  const keysOf = ({ before, after }: ObjectChange, state: ReadonlyCluster): string[] => {
    const name = (after ?? before)?.metadata.namespace ?? '';
    return state.get('namespaces', '', name)?.metadata.deletionTimestamp === undefined ? [] : [name];
  };
  return Object.fromEntries(NAMESPACED.map((resource) => [resource, keysOf])) as Watches;
}
