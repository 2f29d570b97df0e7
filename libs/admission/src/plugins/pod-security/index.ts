import type { KubeStatus, Namespace, Pod } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin';
import { checkedPod, type CheckedPod } from './check';
import { existingPodWarnings } from './existing-pods';
import { isRelaxed, isSame, labelProblems, nameOf, policyOf, type LevelVersion, type Policy } from './policy';
import { isSignificant } from './significant';
import { detailOf, violationsOf } from './standards';
import { TEMPLATED, templateOf } from './templates';

/** Ways to write a pod that change nothing of what it may do. */
const HARMLESS = ['status', 'binding', 'eviction'];

/**
 * Keeps pods to the level of the Pod Security Standards that their namespace's labels name: refuses them, or tells who makes them. Of
 * templates it only tells, and of the pods that are there already when a namespace becomes stricter (k8s.io/pod-security-admission).
 */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  resources: ['pods', 'namespaces', ...TEMPLATED],
  validate(request) {
    const { row, subresource = '', object, before } = request;
    if (row.id === 'namespaces') return subresource === '' ? validateNamespace(request) : undefined;
    if (row.id === 'pods' ? HARMLESS.includes(subresource) : subresource !== '') return undefined;
    const home = request.ctx.state.get('namespaces', '', object.metadata.namespace ?? '');
    const policy = policyOf(home?.metadata.labels);
    if (policy.enforce.level === 'privileged' && policy.warn.level === 'privileged') return undefined;
    if (row.id !== 'pods') return warnOfTemplate(request, policy);
    const pod = object as Pod;
    if (before !== undefined && !isSignificant(pod, before as unknown as Pod)) return undefined;
    return evaluate(request, policy, checkedPod(pod.metadata, pod.spec ?? { containers: [] }));
  },
};

function evaluate(request: AdmissionRequest, { enforce, warn }: Policy, pod: CheckedPod): string | undefined {
  const refusal = problemOf(enforce, pod);
  if (refusal !== undefined) return `violates ${refusal}`;
  const warning = isSame(warn, enforce) ? undefined : problemOf(warn, pod);
  if (warning !== undefined) request.ctx.warnings?.push(`would violate ${warning}`);
  return undefined;
}

function problemOf(level: LevelVersion, pod: CheckedPod): string | undefined {
  const violations = violationsOf(level, pod);
  return violations.length === 0 ? undefined : `PodSecurity ${JSON.stringify(nameOf(level))}: ${detailOf(violations)}`;
}

function warnOfTemplate({ row, object, ctx }: AdmissionRequest, { warn }: Policy): undefined {
  const template = templateOf(row.id, object);
  if (template?.spec === undefined) return;
  const warning = problemOf(warn, checkedPod(template.metadata, template.spec));
  if (warning !== undefined) ctx.warnings?.push(`would violate ${warning}`);
}

/** 422 for labels that name no level or version, unless they did not before. */
function validateNamespace({ row, object, before, ctx }: AdmissionRequest): KubeStatus | undefined {
  const { name = '', labels } = (object as Namespace).metadata;
  if (before !== undefined && before.metadata.labels === labels) return undefined;
  const causes = labelProblems(labels);
  const known = JSON.stringify(labelProblems(before?.metadata.labels));
  if (causes.length > 0 && (before === undefined || known !== JSON.stringify(causes))) {
    return statusOf.invalid(row, name, causes);
  }
  if (before === undefined) return undefined;
  const [now, then] = [policyOf(labels).enforce, policyOf(before.metadata.labels).enforce];
  if (!isSame(now, then) && !isRelaxed(now, then) && now.level !== 'privileged') {
    ctx.warnings?.push(...existingPodWarnings(name, now, ctx.state.list('pods', name)));
  }
  return undefined;
}
