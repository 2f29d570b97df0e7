import type { PodSpec } from '@shiplog/contracts';
import { APP_ARMOR, SECCOMP_CONTAINER, SECCOMP_POD } from './annotations';
import { containersOf } from './windows';

type Annotations = Readonly<Record<string, string>>;

/** What stood for a field before there was one, and does nothing any more. */
const DEPRECATED = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
] as const;
const NO_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const OLD_APP_ARMOR = 'deprecated since v1.30; use the "appArmorProfile" field instead';

/** Of annotations of a pod that do nothing, whatever else it says. */
export function deprecatedAnnotations(annotations: Annotations, at: string): string[] {
  return DEPRECATED.flatMap(([key, advice]) => warned(annotations, key, advice, at));
}

/** Of annotations that name a profile of seccomp or AppArmor where the field for it is empty. */
export function unusedProfiles(
  annotations: Annotations,
  spec: PodSpec,
  { at, isTemplate }: { readonly at: string; readonly isTemplate: boolean },
): string[] {
  const ofPod = spec.securityContext;
  const names = containersOf(spec, '').map(([{ name, securityContext: own }]) => ({ name, own }));
  return [
    ...(ofPod?.seccompProfile === undefined ? warned(annotations, SECCOMP_POD, NO_SECCOMP, at) : []),
    ...names.flatMap(({ name, own }) => [
      ...(own?.seccompProfile === undefined ? warned(annotations, SECCOMP_CONTAINER + name, NO_SECCOMP, at) : []),
      // A pod's own annotation of AppArmor is made its field.
      ...(isTemplate && (own?.appArmorProfile ?? ofPod?.appArmorProfile) === undefined
        ? warned(annotations, APP_ARMOR + name, OLD_APP_ARMOR, at)
        : []),
    ]),
  ];
}

function warned(annotations: Annotations, key: string, advice: string, at: string): string[] {
  return Object.hasOwn(annotations, key) ? [`${at}[${key}]: ${advice}`] : [];
}
