import type { PriorityClass } from '@shiplog/contracts';
import { dnsSubdomain, type Problems } from '@shiplog/apimachinery';
import { SYSTEM_PRIORITIES } from '../pods/priority';
import { immutable, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { type Draft, defineKind } from './kind';

const RESERVED_PREFIX = 'system-';
const HIGHEST_OF_USERS = 1_000_000_000;
const POLICIES = ['Never', 'PreemptLowerPriority'];

/** Kubernetes' rules for priority classes (ValidatePriorityClass), and those of its admission by priority. */
export const priorityClasses = defineKind<'priorityclasses.scheduling.k8s.io'>({
  resource: 'priorityclasses.scheduling.k8s.io',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    draft.value ??= 0;
    draft.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareCreate(draft) {
    draft.metadata.generation = 1;
  },
  rows: new FieldRules({ preemptionPolicy: [immutable, supported(...POLICIES)] }),
  validate(draft, problems, _ctx, before) {
    if (before === undefined) validateValue(draft, problems);
  },
  validateUpdate(draft, before, problems) {
    if (draft.value !== before.value) problems.forbidden('value', 'may not be changed in an update.');
  },
});

function validateValue(draft: Draft<'priorityclasses.scheduling.k8s.io'>, problems: Problems): void {
  const { value = 0 } = draft;
  const name = draft.metadata.name ?? '';
  if (!name.startsWith(RESERVED_PREFIX)) {
    if (value <= HIGHEST_OF_USERS) return;
    problems.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`);
    return;
  }
  const error = systemProblem(name, draft);
  if (error === undefined) return;
  const rule = `priority class names with '${RESERVED_PREFIX}' prefix are reserved for system use only. error: ${error}`;
  problems.forbidden('metadata.name', rule);
}

/** How a class differs from the system's of that name (IsKnownSystemPriorityClass). */
function systemProblem(name: string, { value, globalDefault = false }: PriorityClass): string | undefined {
  const known = SYSTEM_PRIORITIES.get(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}
