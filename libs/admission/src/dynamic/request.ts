import type { KubeObject, ResourceVersion, UserInfo } from '@shiplog/contracts';
import { kindOf, type AdmissionAttributes, type GroupVersionKind } from './attributes';

/** What is known of a request beside what it does. */
export interface RequestFacts {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** CreateOptions, UpdateOptions or DeleteOptions, as the API has them; a connection has none. */
  readonly options: KubeOptions | null;
}

export interface KubeOptions {
  readonly kind: string;
  readonly apiVersion: string;
  readonly [field: string]: unknown;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** An AdmissionRequest of admission.k8s.io/v1 without its uid and objects: `matched` is the version in which it is meant. */
export interface ReviewedRequest {
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource: string;
  readonly requestKind: GroupVersionKind;
  readonly requestResource: GroupVersionResource;
  readonly requestSubResource: string;
  readonly name: string;
  readonly namespace: string;
  readonly operation: string;
  readonly userInfo: UserInfo;
  readonly dryRun: boolean;
  readonly options: KubeOptions | null;
}

/** A request as policies and webhooks read it. */
export function reviewedRequest(
  attributes: AdmissionAttributes,
  matched: ResourceVersion,
  { user, dryRun, options }: RequestFacts,
): ReviewedRequest {
  const { operation, row, version, subresource, namespace, name } = attributes;
  const resourceOf = (of: ResourceVersion): GroupVersionResource => ({
    group: of.group,
    version: of.version,
    resource: row.plural,
  });
  return {
    kind: kindOf(attributes, matched),
    resource: resourceOf(matched),
    subResource: subresource,
    requestKind: kindOf(attributes, version),
    requestResource: resourceOf(version),
    requestSubResource: subresource,
    name,
    // A Namespace is in itself, as far as requests are concerned.
    namespace: row.id === 'namespaces' ? name : namespace,
    operation,
    userInfo: user,
    dryRun,
    options:
      operation === 'CREATE' && options?.kind === 'UpdateOptions' ? { ...options, kind: 'CreateOptions' } : options,
  };
}

/** A Namespace as `namespaceObject` shows it. */
export function shownNamespace({ metadata, spec, status }: KubeObject): Record<string, unknown> {
  const { ownerReferences: _owners, fieldOwners: _fields, ...kept } = metadata as Record<string, unknown>;
  return { metadata: kept, spec, status };
}
