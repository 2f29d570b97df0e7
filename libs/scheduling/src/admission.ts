import type { StoredPod } from '@shiplog/kube';
import { tolerated } from '@shiplog/kube';
import type { NodeFacts } from './facts/node-facts';
import { podFacts, type PodFacts } from './facts/pod-facts';
import type { Filter } from './rule';
import { nodeAffinity } from './rules/node-affinity';
import { nodeName } from './rules/node-name';
import { nodePorts } from './rules/node-ports';
import { isFull, shortOf } from './rules/node-resources';

/** Why a node does not run a pod that is bound to it, for the pod's status. */
export interface AdmissionRefusal {
  readonly reason: string;
  readonly message: string;
}

/** Which the kubelet asks again, in Kubernetes' order. */
const ASKED_AGAIN: readonly Filter[] = [nodeAffinity, nodeName, nodePorts];

/**
 * Why a node refuses a pod that is bound to it; undefined when it takes it. The scheduler's own rules, asked again where the pod is
 * to run, as kube-scheduler's AdmissionCheck is by the kubelet's predicateAdmitHandler: a pod may name its node itself, and two
 * schedulers may have chosen at once. Reasons and messages are the kubelet's.
 *
 * @param node with the pods that it has taken before
 */
export function admissionRefusal(pod: StoredPod, node: NodeFacts): AdmissionRefusal | undefined {
  const facts = podFacts(pod);
  return outOf(facts, node) ?? refusedByRule(facts, node) ?? repelled(pod, node);
}

function outOf(pod: PodFacts, node: NodeFacts): AdmissionRefusal | undefined {
  if (isFull(node)) return insufficient('pods', 1, node.podCount, node.allocatable.get('pods') ?? 0);
  // Of what no node has (resources of the cluster as a whole), the kubelet doesn't ask (removeMissingExtendedResources).
  const short = shortOf(pod, node).find(({ resource }) => !isExtended(resource) || node.allocatable.has(resource));
  if (short === undefined) return undefined;
  const { resource, asked } = short;
  return insufficient(resource, asked, node.requested.get(resource) ?? 0, node.allocatable.get(resource) ?? 0);
}

function insufficient(resource: string, requested: number, used: number, capacity: number): AdmissionRefusal {
  return {
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

/** Kubernetes' own resources have no domain, or its own. */
function isExtended(resource: string): boolean {
  return resource.includes('/') && !/(^|\.)kubernetes\.io\//.test(resource);
}

function refusedByRule(pod: PodFacts, node: NodeFacts): AdmissionRefusal | undefined {
  for (const { name, check } of ASKED_AGAIN) {
    const refusal = check(pod)?.(node);
    if (refusal !== undefined) return predicateFailed(name, refusal[0]);
  }
  return undefined;
}

/** Of taints only those that would end the pod at once: the others are the scheduler's alone. */
function repelled({ spec }: StoredPod, node: NodeFacts): AdmissionRefusal | undefined {
  const isRepelled = node.taints.some((taint) => taint.effect === 'NoExecute' && !tolerated(spec?.tolerations, taint));
  return isRepelled ? predicateFailed('TaintToleration', "node(s) had taints that the pod didn't tolerate") : undefined;
}

function predicateFailed(name: string, description: string): AdmissionRefusal {
  return { reason: name, message: `Predicate ${name} failed: ${description}` };
}
