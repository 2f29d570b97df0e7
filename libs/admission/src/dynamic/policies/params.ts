import type { KubeObject, ParamKind, ParamRef } from '@shiplog/contracts';
import { fromStored, matchesLabelSelector, versionedAs } from '@shiplog/apimachinery';
import type { ReadonlyCluster } from '../../context';
import { isSoundSelector } from '../../workloads/selected-template';

/** Objects of parameters for which a policy is asked, once for each; a policy without any is asked once with none. */
export type Params =
  | { readonly ok: true; readonly objects: readonly (KubeObject | null)[] }
  | {
      readonly ok: false;
      readonly error: string;
      /** The policy is wrong, whatever the binding says. */ readonly isOfPolicy: boolean;
    };

const NO_PARAMS: Params = { ok: true, objects: [null] };
/** More would be asked than a request can pay for. */
const MOST_PARAMS = 1_000;

/** What a binding gives a policy for a request in a namespace ('' for one of the cluster); CollectParams in Kubernetes' apiserver. */
export function paramsOf(
  cluster: Pick<ReadonlyCluster, 'get' | 'list' | 'catalog'>,
  kind: ParamKind,
  ref: ParamRef | undefined,
  namespace: string,
): Params {
  const { apiVersion = '', kind: name = '' } = kind;
  const row = cluster.catalog.ofKind(apiVersion, name);
  const resource = row && versionedAs(row, apiVersion);
  if (row === undefined || resource === undefined) {
    return failed(`failed to find resource referenced by paramKind: '${kindText(apiVersion, name)}'`, true);
  }
  if (ref === undefined) return NO_PARAMS;
  if (!row.namespaced && (ref.namespace ?? '') !== '') {
    return failed('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  const place = row.namespaced ? ref.namespace || namespace : '';
  if (row.namespaced && place === '') {
    return failed('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  }
  const found = chosenBy(cluster, row.id, place, ref).map((object) => fromStored(resource.version, object));
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    return failed('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  return { ok: true, objects: found };
}

function chosenBy(
  cluster: Pick<ReadonlyCluster, 'get' | 'list'>,
  resource: string,
  namespace: string,
  { name = '', selector }: ParamRef,
): KubeObject[] {
  if (name !== '') {
    const object = cluster.get(resource, namespace, name);
    return object === undefined ? [] : [object];
  }
  if (selector === undefined || !isSoundSelector(selector)) return [];
  const all = cluster.list(resource, namespace);
  return all.filter(({ metadata }) => matchesLabelSelector(selector, metadata.labels)).slice(0, MOST_PARAMS);
}

function failed(error: string, isOfPolicy = false): Params {
  return { ok: false, error, isOfPolicy };
}

function kindText(apiVersion: string, kind: string): string {
  return `${apiVersion}, Kind=${kind}`;
}
