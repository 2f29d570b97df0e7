import type { PodSpec } from '@shiplog/contracts';
import { type Problems } from '@shiplog/apimachinery';
import { containersOf } from './windows';

const SYSTEMS = ['linux', 'windows'];

/** What a pod for Windows may not say of itself, as it means nothing there. */
const LINUX_SPEC = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;
const LINUX_POD_CONTEXT = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
] as const;
const LINUX_CONTAINER_CONTEXT = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** A pod that says which system it is for has no fields that only another system knows. */
export function validateOs(spec: PodSpec, at: string, problems: Problems): void {
  const name = spec.os?.name;
  if (name === undefined) return;
  if (name === '') problems.required(`${at}.os.name`, 'cannot be empty');
  else problems.unlessOneOf(`${at}.os`, name, SYSTEMS);
  if (name === 'linux') forbidWindowsOptions(spec, at, problems);
  if (name === 'windows') forbidLinuxFields(spec, at, problems);
}

function forbidWindowsOptions(spec: PodSpec, at: string, problems: Problems): void {
  for (const [owner, here] of [[spec, at] as const, ...containersOf(spec, at)]) {
    if (owner.securityContext?.windowsOptions === undefined) continue;
    problems.forbidden(`${here}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod');
  }
}

function forbidLinuxFields(spec: PodSpec, at: string, problems: Problems): void {
  const unset = (field: string): void => problems.forbidden(field, 'cannot be set for a windows pod');
  for (const field of LINUX_SPEC) {
    // Saying no to the host's processes is what Windows does anyway.
    const description = spec[field];
    if (
      description === true ||
      (description === false && (field === 'hostUsers' || field === 'shareProcessNamespace'))
    ) {
      unset(`${at}.${field}`);
    }
  }
  for (const field of LINUX_POD_CONTEXT) {
    if (spec.securityContext?.[field] !== undefined) unset(`${at}.securityContext.${field}`);
  }
  for (const [container, here] of containersOf(spec, at)) {
    for (const field of LINUX_CONTAINER_CONTEXT) {
      if (container.securityContext?.[field] !== undefined) unset(`${here}.securityContext.${field}`);
    }
  }
}

/** A pod with users of its own shares none of the host's other namespaces. Kubernetes' names for two fields are its own. */
export function validateHostUsers(spec: PodSpec, at: string, problems: Problems): void {
  if (spec.hostUsers !== false) return;
  const shared = { hostNetwork: spec.hostNetwork, HostPID: spec.hostPID, HostIPC: spec.hostIPC };
  for (const [field, isShared] of Object.entries(shared)) {
    if (isShared === true) problems.forbidden(`${at}.${field}`, 'when `pod.Spec.HostUsers` is false');
  }
}
