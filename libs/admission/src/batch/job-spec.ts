import type { JobSpec } from '@shiplog/contracts';
import { dnsSubdomain, type Problems } from '@shiplog/apimachinery';
import { validatePodTemplate } from '../pods/template';
import { validatePodFailurePolicy } from './pod-failure-policy';
import { validateSuccessPolicy } from './success-policy';

const MAX_INDEXED = 100_000;
const MANY_COMPLETIONS = 100_000;
const MAX_WITH_MANY_COMPLETIONS = 10_000;
const MAX_MANAGED_BY_BYTES = 63;
const COMPLETION_MODES = ['NonIndexed', 'Indexed'];
const REPLACEMENT_POLICIES = ['Failed', 'TerminatingOrFailed'];
const RESTART_POLICIES = ['OnFailure', 'Never'];
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const IS_HTTP_PATH = new RegExp(`^${HTTP_PATH}$`);

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/**
 * Kubernetes' validateJobSpec: the rules for what a Job is, and for what a CronJob makes Jobs of. The template is looked at
 * unless it is known to be sound.
 */
export function validateJobSpec(
  spec: JobSpec,
  at: string,
  problems: Problems,
  { isTemplateSound = false }: { readonly isTemplateSound?: boolean } = {},
): void {
  for (const field of COUNTS) {
    const count = spec[field];
    if (count !== undefined && count < 0)
      problems.invalid(`${at}.${field}`, count, 'must be greater than or equal to 0');
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    problems.required(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified');
  }
  if (spec.managedBy !== undefined) validateManager(spec.managedBy, `${at}.managedBy`, problems);
  validateCompletionMode(spec, at, problems);
  validatePolicies(spec, at, problems);
  if (!isTemplateSound) validatePodTemplate(spec.template, `${at}.template`, problems);
  validateRestartPolicy(spec, `${at}.template.spec.restartPolicy`, problems);
}

function validateManager(manager: string, at: string, problems: Problems): void {
  const slash = manager.indexOf('/');
  const [host, path] = [manager.slice(0, Math.max(slash, 0)), manager.slice(slash + 1)];
  if (manager === '') problems.required(at);
  else if (host === '' || path === '') {
    problems.invalid(at, manager, 'must be a domain-prefixed path (such as "acme.io/foo")');
  } else {
    problems.breaches(at, host, dnsSubdomain);
    if (!IS_HTTP_PATH.test(path)) {
      problems.invalid(at, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`);
    }
  }
  if (Buffer.byteLength(manager) > MAX_MANAGED_BY_BYTES) problems.tooLong(at, MAX_MANAGED_BY_BYTES);
}

function validateCompletionMode(spec: JobSpec, at: string, problems: Problems): void {
  const { completionMode = 'NonIndexed', backoffLimitPerIndex, maxFailedIndexes } = spec;
  problems.unlessOneOf(`${at}.completionMode`, completionMode, COMPLETION_MODES);
  if (completionMode === 'Indexed') validateIndexed(spec, at, problems);
  if (completionMode !== 'NonIndexed') return;
  const rule = 'requires indexed completion mode';
  if (backoffLimitPerIndex !== undefined) problems.invalid(`${at}.backoffLimitPerIndex`, backoffLimitPerIndex, rule);
  if (maxFailedIndexes !== undefined) problems.invalid(`${at}.maxFailedIndexes`, maxFailedIndexes, rule);
}

function validateIndexed(spec: JobSpec, at: string, problems: Problems): void {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (completions === undefined) problems.required(`${at}.completions`, 'when completion mode is Indexed');
  if (parallelism > MAX_INDEXED) {
    const rule = `must be less than or equal to ${MAX_INDEXED} when completion mode is Indexed`;
    problems.invalid(`${at}.parallelism`, parallelism, rule);
  }
  const failed = maxFailedIndexes ?? 0;
  if (completions !== undefined && failed > completions) {
    problems.invalid(`${at}.maxFailedIndexes`, failed, 'must be less than or equal to completions');
  }
  if (failed > MAX_INDEXED) {
    problems.invalid(`${at}.maxFailedIndexes`, failed, `must be less than or equal to ${MAX_INDEXED}`);
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined) {
    problems.required(`${at}.maxFailedIndexes`, `must be specified when completions is above ${MANY_COMPLETIONS}`);
  }
  const rule = `must be less than or equal to ${MAX_WITH_MANY_COMPLETIONS} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (parallelism > MAX_WITH_MANY_COMPLETIONS) problems.invalid(`${at}.parallelism`, parallelism, rule);
  if (failed > MAX_WITH_MANY_COMPLETIONS) problems.invalid(`${at}.maxFailedIndexes`, failed, rule);
}

function validatePolicies(spec: JobSpec, at: string, problems: Problems): void {
  const { podFailurePolicy, successPolicy, podReplacementPolicy } = spec;
  if (podFailurePolicy !== undefined) {
    validatePodFailurePolicy(podFailurePolicy, spec, `${at}.podFailurePolicy`, problems);
  }
  if (successPolicy !== undefined) {
    if (spec.completionMode !== 'Indexed') {
      problems.invalid(`${at}.successPolicy`, successPolicy, 'requires indexed completion mode');
    } else validateSuccessPolicy(successPolicy, spec.completions ?? 0, `${at}.successPolicy`, problems);
  }
  const supported = podFailurePolicy === undefined ? REPLACEMENT_POLICIES : ['Failed'];
  problems.unlessOneOf(`${at}.podReplacementPolicy`, podReplacementPolicy, supported);
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, at: string, problems: Problems): void {
  const { restartPolicy = '' } = template.spec ?? {};
  // Always is what one that is left out comes to.
  if (restartPolicy === '' || restartPolicy === 'Always') {
    problems.required(at, 'valid values: "OnFailure", "Never"');
  } else if (!RESTART_POLICIES.includes(restartPolicy)) problems.notSupported(at, restartPolicy, RESTART_POLICIES);
  else if (podFailurePolicy !== undefined && restartPolicy !== 'Never') {
    problems.invalid(at, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified');
  }
}
