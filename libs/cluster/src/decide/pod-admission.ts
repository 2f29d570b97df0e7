import type { KubeObject, KubeStatus, ResourceVersion } from '@shiplog/contracts';
import { builtIn } from '@shiplog/contracts';
import { withoutUndefined } from '@shiplog/apimachinery';
import type { StoredPod } from '@shiplog/kube';
import type { DecisionContext } from './decision';

const PODS = builtIn('pods');

/** Whether policies and webhooks let a pod's status become another one. */
export function statusDenial(
  { admission }: DecisionContext,
  before: StoredPod,
  after: StoredPod,
): KubeStatus | undefined {
  return admission?.validate({ ...aboutPod(before, 'status'), operation: 'UPDATE', object: after, oldObject: before });
}

/** Whether they let a pod have a node: what they see is the Binding that says so. */
export function bindingDenial({ admission }: DecisionContext, pod: StoredPod, node: string): KubeStatus | undefined {
  if (admission === undefined) return undefined;
  const { name, namespace, uid } = pod.metadata;
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { kind: 'Node', name: node },
  };
  return admission.review({ ...aboutPod(pod, 'binding'), operation: 'CREATE', object, ownKind: object });
}

/** Whether they let a pod be evicted: what they see is the Eviction. */
export function evictionDenial(
  { admission }: DecisionContext,
  pod: StoredPod,
  deleteOptions: Record<string, unknown>,
): KubeStatus | undefined {
  if (admission === undefined) return undefined;
  const { name, namespace } = pod.metadata;
  const object: KubeObject = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: withoutUndefined(deleteOptions),
  };
  return admission.review({ ...aboutPod(pod, 'eviction'), operation: 'CREATE', object, ownKind: object });
}

function aboutPod({ metadata: { name, namespace = '' } }: StoredPod, subresource: string) {
  const version: ResourceVersion = PODS.versions[0];
  return { row: PODS, version, subresource, namespace, name };
}
