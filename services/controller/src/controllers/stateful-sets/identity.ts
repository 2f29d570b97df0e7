import type { ObjectOf, PodTemplateSpec } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { controllerReference } from '../../domain/owners';
import { createPod } from '../../domain/pod-making';
import { REVISION_LABEL } from '../../domain/revisions/history';
import type { PlannedCommand } from '../../runtime/domain/controller';

export type StatefulSet = ObjectOf<'statefulsets.apps'>;

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const INDEX_LABEL = 'apps.kubernetes.io/pod-index';
/** Ordinals are 32-bit numbers, written without a sign. */
const ORDINAL = /^(.*)-([0-9]{1,10})$/;
const LARGEST_ORDINAL = 2 ** 31 - 1;

/** The ordinal of one of a set's pods, by its name; undefined when no pod of the set is called so. */
export function ordinalOf(set: StatefulSet, pod: StoredPod): number | undefined {
  const [, parent, digits] = ORDINAL.exec(pod.metadata.name) ?? [];
  const ordinal = Number(digits);
  return parent === set.metadata.name && ordinal <= LARGEST_ORDINAL ? ordinal : undefined;
}

/** The ordinals that a set wants pods of: from the first to before the last. */
export function ordinalsOf({ spec }: StatefulSet): { start: number; end: number } {
  const start = spec?.ordinals?.start ?? 0;
  return { start, end: Math.min(start + (spec?.replicas ?? 1), LARGEST_ORDINAL + 1) };
}

/** Whether the set wants a pod of this ordinal. */
export function isWanted(set: StatefulSet, ordinal: number): boolean {
  const { start, end } = ordinalsOf(set);
  return ordinal >= start && ordinal < end;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The claim that a pod of this ordinal has of a template of claims. */
export function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

/** Whether a claim of this name is one of a pod of the set. */
export function hasClaimNamed({ metadata, spec }: StatefulSet, name: string): boolean {
  const [, parent] = ORDINAL.exec(name) ?? [];
  return spec?.volumeClaimTemplates?.some((claim) => parent === `${claim.metadata.name}-${metadata.name}`) ?? false;
}

/** The reference by which a set owns its pods. */
export function setReference({ metadata }: StatefulSet) {
  return controllerReference('apps/v1', 'StatefulSet', metadata);
}

/** The revision that a pod was made of, by its name. */
export function revisionOf(pod: StoredPod): string {
  return pod.metadata.labels?.[REVISION_LABEL] ?? '';
}

/** By which a pod is known among those of its set; undefined where it has them. */
export function missingIdentity(
  set: StatefulSet,
  pod: StoredPod,
  ordinal: number,
): Readonly<Record<string, string>> | undefined {
  const labels = identityLabels(set, ordinal);
  return pod.metadata.labels?.[POD_NAME_LABEL] === labels[POD_NAME_LABEL] ? undefined : labels;
}

/** Makes the pod of an ordinal: under its own name, with that as its hostname, and with its own claims as volumes. */
export function creationOf(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): PlannedCommand {
  const name = podName(set, ordinal);
  const { containers, ...spec } = template.spec ?? { containers: [] };
  return createPod({
    namespace: set.metadata.namespace ?? '',
    template,
    owner: setReference(set),
    name,
    labels: { ...identityLabels(set, ordinal), [REVISION_LABEL]: revision },
    spec: {
      ...spec,
      containers,
      volumes: volumesOf(set, spec.volumes, ordinal),
      hostname: name,
      subdomain: set.spec?.serviceName,
    },
  });
}

function identityLabels(set: StatefulSet, ordinal: number): Readonly<Record<string, string>> {
  return { [POD_NAME_LABEL]: podName(set, ordinal), [INDEX_LABEL]: String(ordinal) };
}

type Volumes = NonNullable<PodTemplateSpec['spec']>['volumes'];

/** A claim takes the place of a volume of the same name. */
function volumesOf(set: StatefulSet, given: Volumes, ordinal: number): Volumes {
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata: { name = '' } }) => ({
    name,
    persistentVolumeClaim: { claimName: claimName(set, name, ordinal) },
  }));
  if (claims.length === 0) return given;
  return [...claims, ...(given ?? []).filter(({ name }) => !claims.some((claim) => claim.name === name))];
}
