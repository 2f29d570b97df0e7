import { SETTLED, type Controller } from '../../runtime/domain/controller';
import { decideNamespaceContent, DEFAULT_ACCOUNT, ROOT_CA } from './decide';

/** Gives every namespace what pods expect to find there. Keys: names of namespaces. */
export function namespaceContentController(certificate: string | undefined): Controller {
  return {
    name: 'namespace-content',
    watches: {
      namespaces: ({ after }) => (after === undefined ? [] : [after.metadata.name]),
      serviceaccounts: ({ before, after }) =>
        after === undefined && before?.metadata.name === DEFAULT_ACCOUNT ? [before.metadata.namespace ?? ''] : [],
      configmaps: ({ before, after }) => {
        const changed = after ?? before;
        return changed?.metadata.name === ROOT_CA ? [changed.metadata.namespace ?? ''] : [];
      },
    },
    allKeys: (state) => state.list('namespaces').map((namespace) => namespace.metadata.name),
    reconcile: (key, { state }) => {
      const namespace = state.get('namespaces', '', key);
      if (namespace === undefined) return SETTLED;
      const account = state.get('serviceaccounts', key, DEFAULT_ACCOUNT);
      const rootCa = state.get('configmaps', key, ROOT_CA);
      return decideNamespaceContent({ namespace, account, rootCa, certificate });
    },
  };
}
