import type { PodSpec, Toleration } from '@shiplog/contracts';
import type { Problems } from '../problems';
import { dnsLabel, dnsSubdomain, ipAddress, labelValue, qualifiedName } from '../values/names';
import { validateAffinity } from './affinity';
import { validateContainers } from './containers';
import { validateVolumes } from './volumes';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];
const OPERATORS = ['Equal', 'Exists'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Kubernetes' rules for a defaulted pod spec at a field path. */
export function validatePodSpec(spec: PodSpec, at: string, problems: Problems): void {
  const volumes = validateVolumes(spec.volumes, `${at}.volumes`, problems);
  validateContainers(spec, at, volumes, problems);
  oneOf(spec.restartPolicy, RESTART_POLICIES, `${at}.restartPolicy`, problems);
  oneOf(spec.dnsPolicy, DNS_POLICIES, `${at}.dnsPolicy`, problems);
  if (spec.preemptionPolicy !== undefined) {
    oneOf(spec.preemptionPolicy, PREEMPTION_POLICIES, `${at}.preemptionPolicy`, problems);
  }
  validateDurations(spec, at, problems);
  validateNames(spec, at, problems);
  validateDns(spec, at, problems);
  for (const key in spec.nodeSelector) {
    for (const wrong of qualifiedName(key)) problems.invalid(`${at}.nodeSelector`, key, wrong);
    for (const wrong of labelValue(spec.nodeSelector[key] ?? ''))
      problems.invalid(`${at}.nodeSelector`, spec.nodeSelector[key], wrong);
  }
  validateTolerations(spec.tolerations, `${at}.tolerations`, problems);
  if (spec.affinity !== undefined) validateAffinity(spec.affinity, `${at}.affinity`, problems);
}

function oneOf(value: string | undefined, supported: readonly string[], at: string, problems: Problems): void {
  if (value === undefined || value === '') problems.required(at);
  else if (!supported.includes(value)) problems.notSupported(at, value, supported);
}

function validateDurations(spec: PodSpec, at: string, problems: Problems): void {
  const { terminationGracePeriodSeconds: grace = 0, activeDeadlineSeconds: deadline } = spec;
  if (grace < 0) {
    problems.invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0');
  }
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    problems.invalid(`${at}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  }
}

function validateNames(spec: PodSpec, at: string, problems: Problems): void {
  const names: readonly (readonly [string, string | undefined, typeof dnsLabel])[] = [
    ['nodeName', spec.nodeName, dnsSubdomain],
    ['serviceAccountName', spec.serviceAccountName, dnsSubdomain],
    ['hostname', spec.hostname, dnsLabel],
    ['subdomain', spec.subdomain, dnsLabel],
    ['priorityClassName', spec.priorityClassName, dnsSubdomain],
    ['schedulerName', spec.schedulerName, qualifiedName],
  ];
  for (const [field, name, rule] of names) {
    if (name !== undefined) for (const wrong of rule(name)) problems.invalid(`${at}.${field}`, name, wrong);
  }
  spec.imagePullSecrets?.forEach(({ name }, i) => {
    if (name === undefined) problems.required(`${at}.imagePullSecrets[${i}].name`);
  });
  spec.hostAliases?.forEach(({ ip, hostnames }, i) => {
    for (const wrong of ipAddress(ip ?? '')) problems.invalid(`${at}.hostAliases[${i}].ip`, ip ?? '', wrong);
    hostnames?.forEach((hostname, n) => {
      for (const wrong of dnsSubdomain(hostname)) {
        problems.invalid(`${at}.hostAliases[${i}].hostnames[${n}]`, hostname, wrong);
      }
    });
  });
}

function validateDns(spec: PodSpec, at: string, problems: Problems): void {
  const nameservers = spec.dnsConfig?.nameservers ?? [];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    problems.required(
      `${at}.dnsConfig.nameservers`,
      'must provide at least one DNS nameserver when `dnsPolicy` is None',
    );
  }
  if (nameservers.length > 3)
    problems.invalid(`${at}.dnsConfig.nameservers`, nameservers, 'must not have more than 3 nameservers');
  nameservers.forEach((ip, i) => {
    for (const wrong of ipAddress(ip)) problems.invalid(`${at}.dnsConfig.nameservers[${i}]`, ip, wrong);
  });
}

/** Kubernetes' rules for tolerations. */
export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  at: string,
  problems: Problems,
): void {
  tolerations?.forEach((toleration, i) => {
    const here = `${at}[${i}]`;
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    if (key !== '') for (const wrong of qualifiedName(key)) problems.invalid(`${here}.key`, key, wrong);
    if (key === '' && operator !== 'Exists') {
      problems.invalid(
        `${here}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      problems.invalid(`${here}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (operator === 'Exists' && value !== '') {
      problems.invalid(`${here}.operator`, toleration, "value must be empty when `operator` is 'Exists'");
    }
    if (operator !== '' && !OPERATORS.includes(operator))
      problems.notSupported(`${here}.operator`, operator, OPERATORS);
    if (operator !== 'Exists')
      for (const wrong of labelValue(value)) problems.invalid(`${here}.operator`, value, wrong);
    if (effect !== '' && !EFFECTS.includes(effect)) problems.notSupported(`${here}.effect`, effect, EFFECTS);
  });
}
