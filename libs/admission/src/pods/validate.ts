import type { PodResourceClaim, PodSpec } from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateContainers } from './containers';
import { validateDns } from './dns';
import { validateHostUsers, validateOs } from './os';
import { validatePlacement } from './placement';
import { validatePodResources } from './pod-resources';
import { validateResources } from './resources';
import { validatePodSecurity } from './security';
import { validateVolumes } from './volumes';
import { validateHostProcess } from './windows';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const POLICIES = [
  ['restartPolicy', RESTART_POLICIES],
  ['dnsPolicy', DNS_POLICIES],
] as const;
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

const NAMES = [
  ['nodeName', dnsSubdomain],
  ['serviceAccountName', dnsSubdomain],
  ['hostname', dnsLabel],
  ['subdomain', dnsLabel],
  ['priorityClassName', dnsSubdomain],
  ['runtimeClassName', dnsSubdomain],
  ['schedulerName', qualifiedName],
] as const;

/** Kubernetes' rules for a defaulted pod spec at a field path: a pod's own, or a controller's template. */
export function validatePodSpec(spec: PodSpec, at: string, problems: Problems): void {
  const volumes = validateVolumes(spec.volumes, `${at}.volumes`, problems);
  validateClaims(spec.resourceClaims ?? [], `${at}.resourceClaims`, problems);
  validateContainers(spec, at, volumes, problems);
  validatePolicies(spec, at, problems);
  validateDurations(spec, at, problems);
  validateNames(spec, at, problems);
  validateDns(spec, at, problems);
  validatePlacement(spec, at, problems);
  validatePodSecurity(spec, `${at}.securityContext`, problems);
  validateHostProcess(spec, at, problems);
  validateHostUsers(spec, at, problems);
  validateOs(spec, at, problems);
  validatePodResources(spec, `${at}.resources`, problems);
  if (spec.overhead !== undefined) {
    validateResources({ limits: spec.overhead }, new Set(), `${at}.overhead`, problems);
  }
}

function validatePolicies(spec: PodSpec, at: string, problems: Problems): void {
  for (const [field, supported] of POLICIES) {
    if (spec[field] === undefined) problems.required(`${at}.${field}`);
    problems.unlessOneOf(`${at}.${field}`, spec[field], supported);
  }
  problems.unlessOneOf(`${at}.preemptionPolicy`, spec.preemptionPolicy, PREEMPTION_POLICIES);
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
  for (const [field, rule] of NAMES) {
    const name = spec[field];
    if (name !== undefined) problems.breaches(`${at}.${field}`, name, rule);
  }
  spec.imagePullSecrets?.forEach(({ name }, i) => {
    if (name === undefined) problems.required(`${at}.imagePullSecrets[${i}].name`);
  });
  spec.readinessGates?.forEach(({ conditionType }, i) => {
    problems.breaches(`${at}.readinessGates[${i}].conditionType`, conditionType, qualifiedName);
  });
}

function validateClaims(claims: readonly PodResourceClaim[], at: string, problems: Problems): void {
  if (claims.length === 0) return;
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const here = `${at}[${i}]`;
    const { name, resourceClaimName: made, resourceClaimTemplateName: template } = claim;
    if (name === '') problems.required(`${here}.name`);
    else if (names.has(name)) problems.duplicate(`${here}.name`, name);
    else problems.breaches(`${here}.name`, name, dnsLabel);
    names.add(name);
    if (made !== undefined && template !== undefined) {
      const rule = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      problems.invalid(here, claim, rule);
    }
    if (made === undefined && template === undefined) {
      problems.invalid(here, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
    }
    if (made !== undefined) problems.breaches(`${here}.resourceClaimName`, made, dnsSubdomain);
    if (template !== undefined) problems.breaches(`${here}.resourceClaimTemplateName`, template, dnsSubdomain);
  });
}
