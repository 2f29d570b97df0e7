import type { StatefulSetSpec, StatefulSetUpdateStrategy } from '@shiplog/contracts';
import { dnsLabel, type Problems, sameJson } from '@shiplog/apimachinery';
import { validateAnnotations, validateLabels } from '../metadata/validate';
import { validatePodAnnotations } from '../pods/annotations';
import { defaultPodTemplate } from '../pods/template';
import { atLeast, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { claimSpecWarnings } from '../volumes/warnings';
import { counters, validateCollisions, validateReplicaCounts } from '../workloads/counts';
import { validateSelection } from '../workloads/selected-template';
import { templateWarnings } from '../workloads/warnings';
import { defineKind, type Draft } from './kind';

const POLICIES = ['OrderedReady', 'Parallel'];
const OWNER = { kind: 'statefulset', unsound: '' };
const RETENTION = supported('Retain', 'Delete');

/** What an update may change, and what Kubernetes says where it changes something else. */
const CHANGEABLE: readonly (keyof StatefulSetSpec)[] = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];
const ONLY_CHANGEABLE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const specOf = ({ spec }: Draft<'statefulsets.apps'>): StatefulSetSpec => spec ?? { selector: {}, template: {} };

function defaultStrategy(spec: StatefulSetSpec): void {
  const strategy = (spec.updateStrategy ??= {});
  if (strategy.type === undefined) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) {
    strategy.rollingUpdate.partition ??= 0;
  }
}

function defaultClaims(spec: StatefulSetSpec): void {
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ??= 'Pending';
  }
}

/** More than one pod at a time is not replaced yet, as in Kubernetes without MaxUnavailableStatefulSet. */
function dropMaxUnavailable({ updateStrategy }: StatefulSetSpec): void {
  delete updateStrategy?.rollingUpdate?.maxUnavailable;
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, problems: Problems): void {
  const at = 'spec.updateStrategy';
  switch (strategy.type) {
    case 'OnDelete':
      if (strategy.rollingUpdate !== undefined) {
        const rule = "only allowed for updateStrategy 'RollingUpdate'";
        problems.invalid(`${at}.rollingUpdate`, strategy.rollingUpdate, rule);
      }
      return;
    case 'RollingUpdate': {
      const { partition = 0 } = strategy.rollingUpdate ?? {};
      if (partition < 0) {
        problems.invalid(`${at}.rollingUpdate.partition`, partition, 'must be greater than or equal to 0');
      }
      return;
    }
    default:
      problems.invalid(at, strategy, "must be 'RollingUpdate' or 'OnDelete'");
  }
}

/** Kubernetes leaves what is in the template to the pods, as the volumes that claims make are not in it. */
function validateTemplate({ template }: StatefulSetSpec, problems: Problems): void {
  const { labels, annotations = {} } = template.metadata ?? {};
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  validateLabels(labels, 'spec.template.labels', problems);
  validateAnnotations(annotations, 'spec.template.annotations', problems);
  validatePodAnnotations(annotations, template.spec ?? { containers: [] }, 'spec.template.annotations', problems);
  if (restartPolicy !== 'Always') {
    problems.notSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always']);
  }
  if (activeDeadlineSeconds !== undefined) {
    const rule = 'activeDeadlineSeconds in StatefulSet is not Supported';
    problems.forbidden('spec.template.spec.activeDeadlineSeconds', rule);
  }
}

export const statefulSets = defineKind<'statefulsets.apps'>({
  resource: 'statefulsets.apps',
  name: dnsLabel,
  generation: 'spec',
  defaults(draft) {
    const spec = (draft.spec ??= specOf(draft));
    spec.podManagementPolicy ??= 'OrderedReady';
    defaultStrategy(spec);
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultClaims(spec);
    defaultPodTemplate(spec.template);
  },
  prepareCreate(draft) {
    draft.status = { replicas: 0, availableReplicas: 0 };
    dropMaxUnavailable(specOf(draft));
  },
  prepareUpdate: (draft) => dropMaxUnavailable(specOf(draft)),
  rows: new FieldRules({
    'spec.persistentVolumeClaimRetentionPolicy.whenDeleted': RETENTION,
    'spec.persistentVolumeClaimRetentionPolicy.whenScaled': RETENTION,
    'spec.replicas': atLeast(0),
    'spec.minReadySeconds': atLeast(0),
  }),
  validate(draft, problems, _ctx, before) {
    const spec = specOf(draft);
    if (spec === before?.spec) return;
    const { podManagementPolicy = '', updateStrategy = {}, ordinals: { start = 0 } = {} } = spec;
    if (!POLICIES.includes(podManagementPolicy)) {
      problems.invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
    }
    validateStrategy(updateStrategy, problems);
    // Kubernetes makes one step of the path of these two.
    if (start < 0) problems.invalid('spec.ordinals.start', start, 'must be greater than or equal to 0');
    if (validateSelection(spec, OWNER, problems)) validateTemplate(spec, problems);
  },
  validateUpdate(draft, before, problems) {
    const fixed = ({ ...spec }: StatefulSetSpec): object => {
      for (const field of CHANGEABLE) delete spec[field];
      return spec;
    };
    if (before.spec !== undefined && !sameJson(fixed(specOf(draft)), fixed(before.spec))) {
      problems.forbidden('spec', ONLY_CHANGEABLE);
    }
  },
  status: {
    rows: counters(
      'replicas',
      'readyReplicas',
      'currentReplicas',
      'updatedReplicas',
      'availableReplicas',
      'observedGeneration',
      'collisionCount',
    ),
    validate({ status }, problems, before) {
      const counted = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
      validateReplicaCounts(status, counted, 'status.readyReplicas', problems);
      validateCollisions(status, before.status, problems);
    },
  },
  warnings: (set, before) => [
    ...templateWarnings(set, before, set.spec?.template, 'spec.template'),
    // Kubernetes' path lacks a step for a new set, and has the step of a type's name for one that changes.
    ...(set.spec?.volumeClaimTemplates ?? []).flatMap(({ spec = {} }, i) =>
      claimSpecWarnings(spec, `spec.volumeClaimTemplates[${i}]${before === undefined ? '' : '.Spec'}`),
    ),
  ],
});
