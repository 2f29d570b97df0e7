import { MIRROR_ANNOTATION, type ObjectMeta, type PodSpec } from '@shiplog/contracts';
import { type Problems } from '@shiplog/apimachinery';
import { validateDescendingPath } from './paths';
import { containersOf } from './windows';

/** Annotations that have a meaning of their own, from before there were fields for it. */
export const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
export const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const APP_ARMOR_PROFILES = ['', 'runtime/default', 'unconfined'];
const SECCOMP_PROFILES = ['runtime/default', 'docker/default', 'unconfined'];
const LOCALHOST = 'localhost/';
const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const MAX_COST = 2 ** 31 - 1;

/** Whether a pod is the image of one that its node runs by itself. */
export function isMirror({ annotations = {} }: ObjectMeta): boolean {
  return Object.hasOwn(annotations, MIRROR_ANNOTATION);
}

/** Kubernetes' rules for annotations that it acts on, of a pod or of a template for pods. */
export function validatePodAnnotations(
  annotations: Readonly<Record<string, string>>,
  spec: PodSpec,
  at: string,
  problems: Problems,
): void {
  for (const [key, value] of Object.entries(annotations)) {
    const here = `${at}[${key}]`;
    if (key === MIRROR_ANNOTATION && spec.nodeName === undefined) {
      problems.invalid(here, value, 'must set spec.nodeName if mirror pod annotation is set');
    }
    if (key === DELETION_COST && !isCost(value)) problems.invalid(here, value, 'must be a 32bit integer');
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) validateSeccomp(value, `${at}.${key}`, problems);
    if (key.startsWith(APP_ARMOR)) {
      const name = key.slice(APP_ARMOR.length);
      if (!containersOf(spec, at).some(([container]) => container.name === name))
        problems.invalid(here, name, 'container not found');
      validateAppArmor(value, here, problems);
    }
  }
}

function isCost(text: string): boolean {
  const cost = Number(text);
  return INTEGER.test(text) && cost <= MAX_COST && cost >= -MAX_COST - 1;
}

function validateSeccomp(profile: string, at: string, problems: Problems): void {
  if (profile.startsWith(LOCALHOST)) validateDescendingPath(profile.slice(LOCALHOST.length), at, problems);
  else if (!SECCOMP_PROFILES.includes(profile)) problems.invalid(at, profile, 'must be a valid seccomp profile');
}

function validateAppArmor(profile: string, at: string, problems: Problems): void {
  if (profile.startsWith(LOCALHOST) || APP_ARMOR_PROFILES.includes(profile)) return;
  problems.invalid(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`);
}
