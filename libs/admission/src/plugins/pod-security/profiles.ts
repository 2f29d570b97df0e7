import type { SELinuxOptions } from '@shiplog/contracts';
import { type CheckedPod, containersThat, type Violation } from './check';
import { distinct, plural, quoted, setters } from './wording';

const ALLOWED = ['RuntimeDefault', 'Localhost'];
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const SE_LINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const isAllowed = (type = ''): boolean => ALLOWED.includes(type);

/** AppArmor profiles, by field and by the annotation that came before it. */
export function checkAppArmor(pod: CheckedPod): Violation | undefined {
  const { field, by } = setting(pod, 'appArmorProfile');
  const annotations = Object.entries(pod.annotations)
    .filter(([name, value]) => name.startsWith(APP_ARMOR) && !isAllowedAppArmor(value))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .sort();
  if (annotations.length > 0) by.push(plural('annotation', annotations.length));
  if (by.length === 0) return undefined;
  const values = [...distinct(field), ...annotations];
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${by.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

function isAllowedAppArmor(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

/** Who sets a kind of profile to what is not allowed, and to what. */
function setting(pod: CheckedPod, kind: 'appArmorProfile' | 'seccompProfile'): { field: string[]; by: string[] } {
  const field: string[] = [];
  const isBad = (profile: { type: string } | undefined): boolean =>
    profile !== undefined && !isAllowed(profile.type) && field.push(profile.type) > 0;
  const ofPod = isBad(pod.spec.securityContext?.[kind]);
  return {
    field,
    by: setters(
      ofPod,
      containersThat(pod, (context) => isBad(context[kind])),
    ),
  };
}

/** Seccomp profiles that are set and not allowed. */
export function checkSeccompProfiles(pod: CheckedPod): Violation | undefined {
  const { field, by } = setting(pod, 'seccompProfile');
  if (by.length === 0) return undefined;
  const detail = `${by.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(distinct(field))}`;
  return { reason: 'seccompProfile', detail };
}

/** As before there was a field for it. */
export function checkSeccompAnnotations({ annotations, containers }: CheckedPod): Violation | undefined {
  const names = [SECCOMP, ...containers.map(({ name }) => `${SECCOMP_OF_CONTAINER}${name}`)];
  const bad = names.flatMap((name) => {
    const value = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
    const isFine =
      value === undefined || ['runtime/default', 'docker/default'].includes(value) || value.startsWith('localhost/');
    return isFine ? [] : [`${name}=${JSON.stringify(value)}`];
  });
  if (bad.length === 0) return undefined;
  const all = distinct(bad);
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', all.length)} ${all.join(', ')}` };
}

/** Besides, under `restricted`, everybody must have a profile. */
export function checkSeccompRequired(pod: CheckedPod): Violation | undefined {
  const bad = checkSeccompProfiles(pod);
  if (bad !== undefined || isAllowed(pod.spec.securityContext?.seccompProfile?.type)) return bad;
  const without = containersThat(pod, ({ seccompProfile }) => seccompProfile === undefined);
  if (without.length === 0) return undefined;
  const [who] = setters(false, without);
  const detail = `pod or ${who} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: 'seccompProfile', detail };
}

/** SELinux types of containers only, and neither users nor roles. */
export function checkSeLinux(pod: CheckedPod, moreTypes: readonly string[]): Violation | undefined {
  const types: string[] = [];
  let [setsUser, setsRole] = [false, false];
  const isBad = ({ type = '', user = '', role = '' }: SELinuxOptions = {}): boolean => {
    const isBadType = !SE_LINUX_TYPES.includes(type) && !moreTypes.includes(type);
    if (isBadType) types.push(type);
    setsUser ||= user !== '';
    setsRole ||= role !== '';
    return isBadType || user !== '' || role !== '';
  };
  const ofPod = isBad(pod.spec.securityContext?.seLinuxOptions);
  const by = setters(
    ofPod,
    containersThat(pod, ({ seLinuxOptions }) => isBad(seLinuxOptions)),
  );
  if (by.length === 0) return undefined;
  const bad = distinct(types);
  const problems = [
    ...(bad.length > 0 ? [`${plural('type', bad.length)} ${quoted(bad)}`] : []),
    ...(setsUser ? ['user may not be set'] : []),
    ...(setsRole ? ['role may not be set'] : []),
  ];
  const detail = `${by.join(' and ')} set forbidden securityContext.seLinuxOptions: ${problems.join('; ')}`;
  return { reason: 'seLinuxOptions', detail };
}
