import { referencesOf } from '@shiplog/admission';
import { isPathRequest, ruleAllows, type Access, type Request, type ResourceRequest } from '@shiplog/authorization';
import { NODES, nodeOfActor, type ObjectOf, type PolicyRule, type UserInfo } from '@shiplog/contracts';
import { claimNameOf } from '@shiplog/kube';
import type { ClusterState, ReadonlyCluster } from '../state';

/** What every node may read alike, and the reviews that it may have made (NodeRules of Kubernetes' bootstrap policy). */
const FOR_EVERY_NODE: readonly PolicyRule[] = [
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['subjectaccessreviews', 'localsubjectaccessreviews'],
  },
  { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['services'] },
  { verbs: ['get'], apiGroups: [''], resources: ['endpoints'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['storage.k8s.io'], resources: ['csidrivers'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'] },
];

const LEASE_NAMESPACE = 'kube-node-lease';
const ALLOWED: Access = { allowed: true, reason: '' };

/**
 * Whether a request may go on: by what a node's own pods name where a node asks, else by roles and bindings. As Kubernetes does with
 * its Node and RBAC authorizers, in this order; the reasons of both are told. What a node writes comes by NATS alone, so that
 * of its rights only those to read are here.
 */
export function accessOf(state: ClusterState, request: Request): Access {
  const node = nodeOf(request.user);
  if (node === undefined) return state.rights().access(request);
  const asNode = nodeAccess(state, node, request);
  if (asNode.allowed) return asNode;
  const byRole = state.rights().access(request);
  if (byRole.allowed) return byRole;
  return { allowed: false, reason: [asNode.reason, byRole.reason].filter((reason) => reason !== '').join('\n') };
}

/** Which node a user is, by name and group; undefined for who is none. */
function nodeOf({ username = '', groups = [] }: UserInfo): string | undefined {
  return groups.includes(NODES) ? nodeOfActor(username) : undefined;
}

function nodeAccess(state: ClusterState, node: string, request: Request): Access {
  if (!isPathRequest(request)) {
    switch (`${request.resource}.${request.group}`) {
      case 'secrets.':
      case 'configmaps.':
        return namedObjectAccess(state, node, request);
      case 'persistentvolumeclaims.':
      case 'persistentvolumes.':
        return volumeAccess(state, node, request);
      case 'nodes.':
        return ownNodeAccess(node, request);
      case 'pods.':
        return podAccess(state, node, request);
      case 'leases.coordination.k8s.io':
        return ownObjectAccess(node, request, LEASE_NAMESPACE);
      case 'csinodes.storage.k8s.io':
        return ownObjectAccess(node, request, '');
    }
  }
  return FOR_EVERY_NODE.some((rule) => ruleAllows(rule, request)) ? ALLOWED : refused('');
}

/** Secrets and ConfigMaps, one by one. */
function namedObjectAccess(state: ClusterState, node: string, request: ResourceRequest): Access {
  const { resource, namespace = '', name = '' } = request;
  if (!isRead(request)) return refused('can only read resources of this type');
  if (hasSubresource(request)) return refused('cannot read subresource');
  if (namespace === '') return refused('can only read namespaced object of this type');
  if (name === '') return refused('No Object name found');
  for (const naming of state.nodesNaming(namespace, `${resource}/${name}`)) if (naming === node) return ALLOWED;
  return unrelated(node);
}

/** The claims that its pods name, and the volumes that those are bound to. */
function volumeAccess(state: ClusterState, node: string, request: ResourceRequest): Access {
  const { resource, namespace = '', name = '', verb } = request;
  if (verb !== 'get') return refused('can only get individual resources of this type');
  if (hasSubresource(request)) return refused('cannot get subresource');
  if (name === '') return refused('No Object name found');
  const isClaim = resource === 'persistentvolumeclaims';
  for (const pod of state.podsOf(node) as Iterable<ObjectOf<'pods'>>) {
    const own = pod.metadata.namespace ?? '';
    if (isClaim && own !== namespace) continue;
    const named = isClaim ? referencesOf(pod).has(`persistentvolumeclaims/${name}`) : mountsVolume(state, pod, name);
    if (named) return ALLOWED;
  }
  return unrelated(node);
}

/** Whether a claim that a pod names is bound to a volume of this name. */
export function mountsVolume(state: ReadonlyCluster, pod: ObjectOf<'pods'>, volume: string): boolean {
  const { namespace = '' } = pod.metadata;
  return (pod.spec?.volumes ?? []).some((own) => {
    const claim = claimNameOf(pod, own);
    return claim !== undefined && volumeOf(state, namespace, claim) === volume;
  });
}

function volumeOf(state: ReadonlyCluster, namespace: string, claim: string): string | undefined {
  return state.get('persistentvolumeclaims', namespace, claim)?.spec?.volumeName;
}

function ownNodeAccess(node: string, request: ResourceRequest): Access {
  if (!isRead(request) || hasSubresource(request)) return refused('');
  if (request.name === node) return ALLOWED;
  return refused(`node '${node}' cannot read '${request.name ?? ''}', only its own Node object`);
}

function podAccess(state: ClusterState, node: string, request: ResourceRequest): Access {
  const { verb, namespace = '', name = '', fields } = request;
  if (!isRead(request) || hasSubresource(request)) return refused('');
  if (verb !== 'get') {
    const isOwn = fields?.get('spec.nodeName') === node;
    return isOwn ? ALLOWED : refused('can only list/watch pods with spec.nodeName field selector');
  }
  return state.get('pods', namespace, name)?.spec?.nodeName === node ? ALLOWED : unrelated(node);
}

/** What is a node's by its name: read one by one. */
function ownObjectAccess(node: string, request: ResourceRequest, home: string): Access {
  const { verb, namespace = '', name = '' } = request;
  if (verb !== 'get' || hasSubresource(request) || namespace !== home) return refused('');
  return name === node ? ALLOWED : refused('can only access what has the same name as the requesting node');
}

function isRead({ verb }: ResourceRequest): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}

function hasSubresource({ subresource = '' }: ResourceRequest): boolean {
  return subresource !== '';
}

function unrelated(node: string): Access {
  return refused(`no relationship found between node '${node}' and this object`);
}

function refused(reason: string): Access {
  return { allowed: false, reason };
}
