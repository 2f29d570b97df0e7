import type { PodSpec, Toleration } from '@shiplog/contracts';
import { dnsSubdomain, sameJson } from '@shiplog/apimachinery';
import { defaultPodSpec, exposeOnHost } from '../pods/defaults';
import { withEphemeralContainers } from '../pods/ephemeral-update';
import { admitPriority, priorityProblem } from '../pods/priority';
import { qosClassOf } from '../pods/qos';
import { withResources } from '../pods/resize';
import { admitRuntime, runtimeProblem } from '../pods/runtime-class';
import type { AdmissionContext } from '../context';
import { accountProblem, runAsAccount } from '../pods/account';
import { validatePodAnnotations } from '../pods/annotations';
import { validateNewPod, validatePodOnly } from '../pods/pod-only';
import { validatePodUpdate } from '../pods/update';
import { validatePodSpec } from '../pods/validate';
import { defaultPodStatus, validatePodStatusUpdate } from '../pods/status-update';
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

/** What Kubernetes' priority, runtime class and toleration admissions fill in. */
function admit(spec: PodSpec, ctx: AdmissionContext): void {
  spec.enableServiceLinks ??= true;
  admitPriority(spec, ctx);
  admitRuntime(spec, ctx);
  tolerateLostNodes(spec);
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
    admit(spec, ctx);
    draft.spec = spec;
    draft.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
  },
  forbids(draft, ctx) {
    const spec = draft.spec ?? { containers: [] };
    return accountProblem(draft, spec, ctx) ?? priorityProblem(spec, ctx) ?? runtimeProblem(spec, ctx);
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
    defaults: defaultPodStatus,
    validate: validatePodStatusUpdate,
  },
  subresources: { ephemeralcontainers: withEphemeralContainers, resize: withResources },
  validateUpdate(draft, before, problems) {
    validatePodUpdate(draft.spec ?? { containers: [] }, before.spec ?? { containers: [] }, problems);
  },
  /** Of new pods only: those that change are changed by programs, and often. */
  warnings({ metadata, spec = { containers: [] } }, before) {
    if (before !== undefined) return [];
    return [...nameWarnings(metadata, "this is used in the Pod's hostname"), ...podSpecWarnings(spec, 'spec')];
  },
});
