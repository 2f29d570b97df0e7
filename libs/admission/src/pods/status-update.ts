import type { ContainerStatus, ObjectOf, PodSpec, PodStatus } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, qualifiedName, sameJson } from '@shiplog/apimachinery';
import type { Draft } from '../kinds/kind';
import { validatePodStatus } from './validate-status';

const LAST_ID = 2_147_483_647;
const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized'];
const CONTAINER_LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;

/** The first of a pod's addresses has a field of its own, which counts where both say something (the v1 conversion). */
export function defaultPodStatus({ status }: Draft<'pods'>): void {
  if (status === undefined) return;
  alignFirst(status, 'podIP', 'podIPs');
  alignFirst(status, 'hostIP', 'hostIPs');
}

function alignFirst(status: PodStatus, one: 'podIP' | 'hostIP', all: 'podIPs' | 'hostIPs'): void {
  const ip = status[one];
  const first = status[all]?.[0]?.ip;
  if (ip !== undefined && ip !== first) status[all] = [{ ip }];
  else if (ip === undefined && first !== undefined) status[one] = first;
}

/** What an update of a pod's status must keep to (ValidatePodStatusUpdate). */
export function validatePodStatusUpdate(draft: Draft<'pods'>, problems: Problems, before: ObjectOf<'pods'>): void {
  const now = draft.status ?? {};
  const then = before.status ?? {};
  const spec = before.spec ?? { containers: [] };
  validateConditions(now, problems);
  const { nominatedNodeName: node } = now;
  if (node !== undefined && node !== then.nominatedNodeName) {
    problems.breaches('status.nominatedNodeName', node, dnsSubdomain);
  }
  if (now.qosClass !== undefined && now.qosClass !== then.qosClass && then.qosClass !== undefined) {
    problems.invalid('status.qosClass', now.qosClass, 'field is immutable');
  }
  validateTransitions(now, then, spec, problems);
  validateClaimStatuses(now, spec, problems);
  if (!sameAddresses(now, then)) validatePodStatus(now, problems);
  for (const list of CONTAINER_LISTS) validateUsers(now[list] ?? [], spec, `status.${list}`, problems);
}

const sameAddresses = (a: PodStatus, b: PodStatus): boolean =>
  sameJson([a.podIPs, a.podIP, a.hostIPs, a.hostIP], [b.podIPs, b.podIP, b.hostIPs, b.hostIP]);

/** Kubernetes names another place than the conditions'. */
function validateConditions({ conditions = [] }: PodStatus, problems: Problems): void {
  conditions.forEach(({ type }, i) => {
    if (!SYSTEM_CONDITIONS.includes(type)) problems.breaches(`metadata.conditions[${i}].Type`, type, qualifiedName);
  });
}

/** A container that has ended and is not started again stays ended. */
function validateTransitions(now: PodStatus, then: PodStatus, spec: PodSpec, problems: Problems): void {
  const sidecars = new Set(
    spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
  const { restartPolicy = 'Always' } = spec;
  for (const list of CONTAINER_LISTS) {
    const policy = list === 'ephemeralContainerStatuses' ? 'Never' : restartPolicy;
    if (policy === 'Always') continue;
    const byName = new Map(now[list]?.map((status) => [status.name, status]));
    then[list]?.forEach(({ name, state }, i) => {
      const ended = state?.terminated;
      if (ended === undefined || (ended.exitCode !== 0 && policy === 'OnFailure')) return;
      if (list === 'initContainerStatuses' && sidecars.has(name)) return;
      const found = byName.get(name);
      if (found === undefined || found.state?.terminated !== undefined) return;
      problems.forbidden(`status.${list}[${i}].state`, 'may not be transitioned to non-terminated state');
    });
  }
}

function validateClaimStatuses({ resourceClaimStatuses = [] }: PodStatus, spec: PodSpec, problems: Problems): void {
  const claims = new Set(spec.resourceClaims?.map(({ name }) => name));
  const seen = new Set<string>();
  resourceClaimStatuses.forEach(({ name, resourceClaimName }, i) => {
    const at = `status.resourceClaimStatuses[${i}].name`;
    if (!claims.has(name)) problems.invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`');
    if (seen.has(name)) problems.duplicate(at, name);
    seen.add(name);
    if (resourceClaimName !== undefined) problems.breaches(at, resourceClaimName, dnsSubdomain);
  });
}

function validateUsers(statuses: readonly ContainerStatus[], spec: PodSpec, at: string, problems: Problems): void {
  statuses.forEach(({ user }, i) => {
    const linux = user?.linux;
    if (linux === undefined) return;
    const here = `${at}[${i}].linux`;
    if (spec.os?.name === 'windows') {
      problems.forbidden(here, 'cannot be set for a windows pod');
      return;
    }
    const check = (id: number, place: string): void => {
      if (id < 0 || id > LAST_ID) problems.invalid(place, id, `must be between 0 and ${LAST_ID}, inclusive`);
    };
    check(linux.uid, `${here}.uid`);
    check(linux.gid, `${here}.gid`);
    linux.supplementalGroups?.forEach((id, n) => check(id, `${here}.supplementalGroups[${n}]`));
  });
}
