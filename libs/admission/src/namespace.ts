import type { KubeObject, KubeStatus, ResourceRow } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { AdmissionContext } from './context';

/** Brings the object's namespace and the request's together; answers the refusal when they contradict each other. */
export function settleNamespace(
  { namespaced }: ResourceRow,
  draft: KubeObject,
  requested: string | undefined,
): KubeStatus | undefined {
  const meta = draft.metadata;
  if (!namespaced) {
    // Kubernetes forgets it too (EnsureObjectNamespaceMatchesRequestNamespace): tools set one on all that they send.
    delete meta.namespace;
    return undefined;
  }
  if (requested !== undefined && requested !== '') {
    if (meta.namespace !== undefined && meta.namespace !== requested) {
      return statusOf.badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    meta.namespace = requested;
  }
  if (meta.namespace === undefined) return statusOf.badRequest('an empty namespace may not be set during creation');
  return undefined;
}

/** Nothing is created in a namespace that is not there (404) or on its way out (403), as NamespaceLifecycle admission says. */
export function checkNamespace(row: ResourceRow, draft: KubeObject, ctx: AdmissionContext): KubeStatus | undefined {
  const { namespace, name } = draft.metadata;
  if (namespace === undefined) return undefined;
  const home = ctx.state.get('namespaces', '', namespace);
  if (home === undefined) return statusOf.notFound('namespaces', namespace);
  if (home.metadata.deletionTimestamp === undefined && home.status?.phase !== 'Terminating') return undefined;
  return statusOf.forbidden(
    row,
    name ?? '',
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  );
}
