import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext } from '@shiplog/contracts';
import { type Problems } from '@shiplog/apimachinery';
import { validateDescendingPath } from './paths';
import { validateWindowsOptions } from './windows';

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const PROC_MOUNTS = ['Default', 'Unmasked'];
const GROUP_CHANGE_POLICIES = ['Always', 'OnRootMismatch'];
const GROUPS_POLICIES = ['Merge', 'Strict'];
const MAX_ID = 2_147_483_647;
const MAX_PROFILE_BYTES = 4095;
const MAX_SYSCTL_CHARACTERS = 253;
const SYSCTL_FORMAT = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = new RegExp(`^${SYSCTL_FORMAT}$`);

function validateId(id: number | undefined, at: string, problems: Problems): void {
  if (id !== undefined && (id < 0 || id > MAX_ID)) {
    problems.invalid(at, id, `must be between 0 and ${MAX_ID}, inclusive`);
  }
}

/** Kubernetes' rules for what a pod says of all its containers' users, groups, profiles and kernel settings. */
export function validatePodSecurity(spec: PodSpec, at: string, problems: Problems): void {
  const context = spec.securityContext ?? {};
  for (const field of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) {
    validateId(context[field], `${at}.${field}`, problems);
  }
  context.supplementalGroups?.forEach((group, i) => validateId(group, `${at}.supplementalGroups[${i}]`, problems));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    problems.invalid(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled');
  }
  validateSysctls(context.sysctls ?? [], `${at}.sysctls`, problems);
  problems.unlessOneOf(`${at}.fsGroupChangePolicy`, context.fsGroupChangePolicy, GROUP_CHANGE_POLICIES);
  problems.unlessOneOf(`${at}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, GROUPS_POLICIES);
  validateProfiles(context, at, problems);
}

/** Kubernetes' rules for what a container says of its own user, group and privileges. */
export function validateContainerSecurity(
  context: SecurityContext,
  hostUsers: boolean,
  at: string,
  problems: Problems,
): void {
  validateId(context.runAsUser, `${at}.runAsUser`, problems);
  validateId(context.runAsGroup, `${at}.runAsGroup`, problems);
  problems.unlessOneOf(`${at}.procMount`, context.procMount, PROC_MOUNTS);
  if (hostUsers && context.procMount === 'Unmasked') {
    problems.invalid(`${at}.procMount`, 'Unmasked', '`hostUsers` must be false to use `Unmasked`');
  }
  if (context.allowPrivilegeEscalation === false) {
    const unless = (detail: string): void =>
      problems.invalid(at, context, `cannot set \`allowPrivilegeEscalation\` to false and ${detail}`);
    if (context.privileged === true) unless('`privileged` to true');
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true) unless('`capabilities.Add` CAP_SYS_ADMIN');
  }
  validateProfiles(context, at, problems);
}

function validateProfiles(context: PodSecurityContext | SecurityContext, at: string, problems: Problems): void {
  const { seccompProfile, appArmorProfile, windowsOptions } = context;
  if (seccompProfile !== undefined) validateSeccomp(seccompProfile, `${at}.seccompProfile`, problems);
  if (windowsOptions !== undefined) validateWindowsOptions(windowsOptions, `${at}.windowsOptions`, problems);
  if (appArmorProfile !== undefined) validateAppArmor(appArmorProfile, `${at}.appArmorProfile`, problems);
}

function validateSeccomp(profile: SeccompProfile, at: string, problems: Problems): void {
  const { type, localhostProfile: file } = profile;
  if (type === '') problems.required(`${at}.type`, 'type is required when seccompProfile is set');
  else problems.unlessOneOf(`${at}.type`, type, PROFILE_TYPES);
  if (type !== 'Localhost') {
    if (file !== undefined) {
      problems.invalid(`${at}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost');
    }
  } else if (file === undefined) {
    problems.required(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost');
  } else validateDescendingPath(file, `${at}.localhostProfile`, problems);
}

function validateAppArmor({ type, localhostProfile: name }: AppArmorProfile, at: string, problems: Problems): void {
  const here = `${at}.localhostProfile`;
  if (type === '') problems.required(`${at}.type`, 'type is required when appArmorProfile is set');
  else problems.unlessOneOf(`${at}.type`, type, PROFILE_TYPES);
  if (type === 'Localhost') {
    if (name === undefined) problems.required(here, 'must be set when AppArmor type is Localhost');
    else if (name.trim() !== name) problems.invalid(here, name, 'must not be padded with whitespace');
    if ((name ?? '').length > MAX_PROFILE_BYTES) problems.tooLong(here, MAX_PROFILE_BYTES);
  } else if (name !== undefined && PROFILE_TYPES.includes(type)) {
    problems.invalid(here, name, 'can only be set when AppArmor type is Localhost');
  }
}

function validateSysctls(sysctls: readonly { name: string }[], at: string, problems: Problems): void {
  if (sysctls.length === 0) return;
  const seen = new Set<string>();
  sysctls.forEach(({ name }, i) => {
    const here = `${at}[${i}].name`;
    if (name === '') problems.required(here);
    else if (name.length > MAX_SYSCTL_CHARACTERS || !SYSCTL.test(name)) {
      const rule = `must have at most ${MAX_SYSCTL_CHARACTERS} characters and match regex ^${SYSCTL_FORMAT}$`;
      problems.invalid(here, name, rule);
    } else if (seen.has(name)) problems.duplicate(here, name);
    seen.add(name);
  });
}
