import type { PodSpec, Toleration } from '@shiplog/contracts';
import { dnsSubdomain, sameJson } from '@shiplog/apimachinery';
import { defaultPodSpec, exposeOnHost } from '../pods/defaults';
import { qosClassOf } from '../pods/qos';
import { accountProblem, runAsAccount } from '../pods/account';
import { validatePodAnnotations } from '../pods/annotations';
import { validateNewPod, validatePodOnly } from '../pods/pod-only';
import { validatePodUpdate } from '../pods/update';
import { validatePodSpec } from '../pods/validate';
import { validatePodStatus } from '../pods/validate-status';
import { nameWarnings, podSpecWarnings } from '../pods/warnings';
import { carryOver, defineKind } from './kind';

const EVICTION_DELAY_SECONDS = 300;
const AWAITED_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Adds what Kubernetes' DefaultTolerationSeconds admission adds: a lost node is forgiven for five minutes. */
function tolerateLostNodes(spec: PodSpec): void {
  const given = spec.tolerations ?? [];
  const missing = AWAITED_TAINTS.filter((key) => !given.some((toleration) => toleratesEviction(toleration, key)));
  if (missing.length === 0) return;
  spec.tolerations = [
    ...given,
    ...missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: EVICTION_DELAY_SECONDS,
    })),
  ];
}

function toleratesEviction(toleration: Toleration, key: string): boolean {
  return (
    (toleration.key === undefined || toleration.key === key) &&
    (toleration.effect === undefined || toleration.effect === 'NoExecute')
  );
}

/** What Kubernetes' priority and toleration admissions fill in. */
function admit(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  spec.priority ??= priorityOf(spec.priorityClassName);
  spec.preemptionPolicy ??= PREEMPTION;
  tolerateLostNodes(spec);
}

/** The two classes that every cluster has; pods without a class have priority 0. */
const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

function priorityOf(className: string | undefined): number {
  return SYSTEM_PRIORITIES.get(className ?? '') ?? 0;
}

/** Of both classes, and of pods without one. */
const PREEMPTION = 'PreemptLowerPriority';

/** What Kubernetes' priority admission looks at: that the class is there, and that the pod claims nothing else than it gives. */
function priorityProblem({
  priorityClassName: className = '',
  priority,
  preemptionPolicy,
}: PodSpec): string | undefined {
  if (className !== '' && !SYSTEM_PRIORITIES.has(className)) return `no PriorityClass with name ${className} was found`;
  const rule = (given: string, computed: string | number): string =>
    `${given} must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`;
  const computed = priorityOf(className);
  if (priority !== computed) return rule(`the integer value of priority (${priority})`, computed);
  if (preemptionPolicy === PREEMPTION) return undefined;
  return rule(`the string value of PreemptionPolicy (${preemptionPolicy})`, PREEMPTION);
}

/** What Kubernetes' runtime class admission says where there are no such classes. */
function runtimeProblem({ runtimeClassName: name, overhead }: PodSpec): string | undefined {
  if (name !== undefined) return `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`;
  if (overhead === undefined) return undefined;
  return 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
}

export const pods = defineKind<'pods'>({
  resource: 'pods',
  name: dnsSubdomain,
  generation: 'spec',
  fields: {
    'spec.nodeName': (pod) => pod.spec?.nodeName,
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy,
    'spec.schedulerName': (pod) => pod.spec?.schedulerName,
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName,
    'spec.hostNetwork': (pod) => pod.spec?.hostNetwork ?? false,
    'status.phase': (pod) => pod.status?.phase,
    'status.podIP': (pod) => pod.status?.podIP,
    'status.podIPs': (pod) => pod.status?.podIPs?.map(({ ip }) => ip).join(','),
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName,
  },
  defaults(draft) {
    draft.spec ??= { containers: [] };
    draft.spec.enableServiceLinks ??= true;
    defaultPodSpec(draft.spec);
    if (draft.spec.hostNetwork === true) exposeOnHost(draft.spec);
  },
  prepareCreate(draft, ctx) {
    const spec = draft.spec ?? { containers: [] };
    runAsAccount(draft, spec, ctx);
    admit(spec);
    draft.spec = spec;
    draft.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
  },
  forbids(draft, ctx) {
    const spec = draft.spec ?? { containers: [] };
    return accountProblem(draft, spec, ctx) ?? priorityProblem(spec) ?? runtimeProblem(spec);
  },
  prepareUpdate(draft, before) {
    const spec = draft.spec ?? { containers: [] };
    // What admission once filled in stays when a client that never saw it replaces the pod.
    carryOver(spec, before.spec, ['serviceAccountName', 'priority', 'preemptionPolicy', 'nodeName']);
    if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
    tolerateLostNodes(spec);
  },
  validate(draft, problems, _ctx, before) {
    const spec = draft.spec ?? { containers: [] };
    if (before === undefined) validateNewPod(spec, problems);
    // What is unchanged was valid when it came in, and stricter rules of today must not lock its labels.
    if (before === undefined || draft.spec !== before.spec) {
      validatePodSpec(spec, 'spec', problems);
      validatePodOnly(spec, problems);
    }
    const { annotations = {} } = draft.metadata;
    if (!sameJson(annotations, before?.metadata.annotations)) {
      validatePodAnnotations(annotations, spec, 'metadata.annotations', problems);
    }
  },
  status: {
    // Old kubelets write an owner without all its fields (podStatusStrategy in Kubernetes).
    keeps: ['ownerReferences'],
    validate: (draft, problems) => validatePodStatus(draft.status ?? {}, problems),
  },
  validateUpdate(draft, before, problems) {
    validatePodUpdate(draft.spec ?? { containers: [] }, before.spec ?? { containers: [] }, problems);
  },
  /** Of new pods only: those that change are changed by programs, and often. */
  warnings({ metadata, spec = { containers: [] } }, before) {
    if (before !== undefined) return [];
    return [...nameWarnings(metadata, "this is used in the Pod's hostname"), ...podSpecWarnings(spec, 'spec')];
  },
});
