import { dnsSubdomain, sameJson } from '@shiplog/apimachinery';
import { defaultPodSpec, exposeOnHost } from '../pods/defaults';
import { applyLabelKeys } from '../pods/label-keys';
import { withEphemeralContainers } from '../pods/ephemeral-update';
import { gatedConditions } from '../pods/gated';
import { qosClassOf } from '../pods/qos';
import { defaultPodResources } from '../pods/pod-resources';
import { withResources } from '../pods/resize';
import { validatePodAnnotations } from '../pods/annotations';
import { validateNewPod, validatePodOnly } from '../pods/pod-only';
import { validatePodUpdate } from '../pods/update';
import { validatePodSpec } from '../pods/validate';
import { defaultPodStatus, validatePodStatusUpdate } from '../pods/status-update';
import { nameWarnings, podWarnings } from '../pods/warnings';
import { carryOver, defineKind } from './kind';

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
    defaultPodResources(draft.spec);
  },
  prepareCreate(draft) {
    if (draft.spec?.affinity !== undefined) applyLabelKeys(draft.spec.affinity, draft.metadata.labels);
    const spec = draft.spec ?? { containers: [] };
    draft.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
    const conditions = gatedConditions(spec, draft.metadata.creationTimestamp);
    if (conditions.length > 0) draft.status.conditions = conditions;
  },
  prepareUpdate(draft, before) {
    const spec = draft.spec ?? { containers: [] };
    // What admission once filled in stays when a client that never saw it replaces the pod.
    carryOver(spec, before.spec, ['serviceAccountName', 'priority', 'preemptionPolicy', 'nodeName']);
    if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
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
  warnings(pod, before) {
    if (before !== undefined) return [];
    return [...nameWarnings(pod.metadata, "this is used in the Pod's hostname"), ...podWarnings(pod)];
  },
});
