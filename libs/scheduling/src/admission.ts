import type { StoredPod } from '@shiplog/kube';
import { tolerated } from '@shiplog/kube';
import type { Amounts } from './facts/amounts';
import type { NodeFacts } from './facts/node-facts';
import { podFacts, type PodFacts } from './facts/pod-facts';
import { podRequests } from './facts/pod-requests';
import type { Filter } from './rule';
import { nodeAffinity } from './rules/node-affinity';
import { nodeName } from './rules/node-name';
import { nodePorts } from './rules/node-ports';
import { isFull, shortOf } from './rules/node-resources';

/** Why a node does not run a pod that is bound to it, for the pod's status. */
export interface AdmissionRefusal {
  readonly reason: string;
  readonly message: string;
  /** How much of what is missing, where nothing else keeps the pod away: with that it would be taken. */
  readonly missing?: Amounts;
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
  const short = outOf(facts, node);
  const other = refusedByRule(facts, node) ?? repelled(pod, node);
  if (short === undefined) return other;
  return other === undefined ? { ...short, missing: missingOf(facts, node) } : short;
}

function missingOf(pod: PodFacts, node: NodeFacts): Amounts {
  const missing = shortOf(pod, node)
    .filter(({ resource }) => isAsked(resource, node))
    .map(({ resource, asked }): [string, number] => {
      const left = (node.allocatable.get(resource) ?? 0) - (node.requested.get(resource) ?? 0);
      return [resource, asked - left];
    });
  return new Map(isFull(node) ? [['pods', 1], ...missing] : missing);
}

/** Of what no node has (resources of the cluster as a whole), the kubelet doesn't ask (removeMissingExtendedResources). */
function isAsked(resource: string, node: NodeFacts): boolean {
  return !isExtended(resource) || node.allocatable.has(resource);
}

function outOf(pod: PodFacts, node: NodeFacts): AdmissionRefusal | undefined {
  if (isFull(node)) return insufficient('pods', 1, node.podCount, node.allocatable.get('pods') ?? 0);
  const short = shortOf(pod, node).find(({ resource }) => isAsked(resource, node));
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

/** Why a pod may not take more than it does, as the reason of its condition PodResizePending; and in a sentence. */
export interface ResizeRefusal {
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
}

/**
 * Whether a node has room for a pod that it runs and that asks for other amounts (canResizePod of pkg/kubelet/allocation). What the
 * node doesn't have at all, it will never have.
 *
 * @param node with the other pods that it has taken
 */
export function resizeRefusal(pod: StoredPod, node: NodeFacts): ResizeRefusal | undefined {
  // What it asks for, also where it was told before that it can't have that.
  const facts = { ...podFacts(pod), requests: podRequests(pod.spec ?? { containers: [] }) };
  for (const resource of ['cpu', 'memory']) {
    const [requested, capacity] = [facts.requests.get(resource) ?? 0, node.allocatable.get(resource) ?? 0];
    if (requested <= capacity) continue;
    const message = `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`;
    return { reason: 'Infeasible', message };
  }
  const refusal = outOf(facts, node);
  return refusal && { reason: 'Deferred', message: refusal.message };
}
