import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '@shiplog/contracts';
import { dnsSubdomain, GoSyntax, type Problems } from '@shiplog/apimachinery';
import { isQuotaResource, validateAmount, validateQuotaName } from '../pods/resources';
import { defineKind } from './kind';

const OF_PODS = ['pods'];
const COMPUTE = [...OF_PODS, ...['', 'limits.', 'requests.'].flatMap((kind) => [`${kind}cpu`, `${kind}memory`])];
/** By scope, the standard resources that a quota of it can limit. */
const SCOPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['BestEffort', OF_PODS],
  ['NotBestEffort', COMPUTE],
  ['Terminating', COMPUTE],
  ['NotTerminating', COMPUTE],
  ['PriorityClass', COMPUTE],
  ['CrossNamespacePodAffinity', COMPUTE],
  ['VolumeAttributesClass', ['persistentvolumeclaims', 'requests.storage']],
]);
/** Of these a pod either is or is not. */
const ONLY_EXISTS = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const ONLY_EXISTS_RULE =
  "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
const CONFLICTING = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

/** Kubernetes' rules for what a namespace may use altogether (ValidateResourceQuota). */
export const resourceQuotas = defineKind<'resourcequotas'>({
  resource: 'resourcequotas',
  name: dnsSubdomain,
  generation: 'none',
  prepareCreate(draft) {
    draft.status = {};
  },
  validate({ spec = {} }, problems) {
    validateAmounts(spec.hard, 'spec.hard', problems);
    validateScopes(spec, problems);
    validateSelector(spec, problems);
  },
  validateUpdate(draft, before, problems) {
    const now = draft.spec?.scopes ?? [];
    const then = new Set(before.spec?.scopes);
    if (new Set(now).size === then.size && now.every((scope) => then.has(scope))) return;
    problems.invalid('spec.scopes', shown(now), 'field is immutable');
  },
  status: {
    validate({ status = {} }, problems) {
      validateAmounts(status.hard, 'status.hard', problems);
      validateAmounts(status.used, 'status.used', problems);
    },
  },
});

function validateAmounts(amounts: Readonly<Record<string, string>> = {}, at: string, problems: Problems): void {
  for (const [name, amount] of Object.entries(amounts)) {
    validateQuotaName(name, `${at}[${name}]`, problems);
    validateAmount(name, amount, `${at}[${name}]`, problems);
  }
}

const shown = (scopes: readonly string[]): GoSyntax =>
  new GoSyntax(GoSyntax.list(scopes).text.replace('string', 'core.ResourceQuotaScope'));

/** How often a scope does not go with what the quota limits: each time is a problem of its own. */
function misfits(scope: string, { hard = {} }: ResourceQuotaSpec): number {
  const allowed = SCOPES.get(scope);
  if (allowed === undefined) return 0;
  return Object.keys(hard).filter((name) => isQuotaResource(name) && !allowed.includes(name)).length;
}

function conflicts(scopes: ReadonlySet<string>): boolean {
  return CONFLICTING.some((pair) => pair.every((scope) => scopes.has(scope)));
}

function validateScopes(spec: ResourceQuotaSpec, problems: Problems): void {
  const at = 'spec.scopes';
  const scopes = new Set(spec.scopes);
  for (const scope of scopes) {
    if (!SCOPES.has(scope)) problems.invalid(at, shown(spec.scopes ?? []), 'unsupported scope');
    for (let i = misfits(scope, spec); i > 0; i--) {
      problems.invalid(at, shown(spec.scopes ?? []), 'unsupported scope applied to resource');
    }
  }
  if (conflicts(scopes)) problems.invalid(at, shown(spec.scopes ?? []), 'conflicting scopes');
}

function validateSelector(spec: ResourceQuotaSpec, problems: Problems): void {
  const { scopeSelector } = spec;
  if (scopeSelector === undefined) return;
  const at = 'spec.scopeSelector.matchExpressions';
  const expressions = scopeSelector.matchExpressions ?? [];
  const counts = new Map<string, number>();
  for (const expression of expressions) {
    const { scopeName } = expression;
    if (!SCOPES.has(scopeName)) problems.invalid(`${at}.scopeName`, scopeName, 'unsupported scope');
    let count = counts.get(scopeName);
    if (count === undefined) counts.set(scopeName, (count = misfits(scopeName, spec)));
    for (; count > 0; count--) problems.invalid(at, scopeSelector, 'unsupported scope applied to resource');
    validateExpression(expression, at, problems);
  }
  if (conflicts(new Set(expressions.map(({ scopeName }) => scopeName)))) {
    problems.invalid(at, shown(spec.scopes ?? []), 'conflicting scopes');
  }
}

function validateExpression(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  at: string,
  problems: Problems,
): void {
  if (ONLY_EXISTS.includes(scopeName) && operator !== 'Exists') {
    problems.invalid(`${at}.operator`, operator, ONLY_EXISTS_RULE);
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return;
      problems.required(
        `${at}.values`,
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      );
      return;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return;
      problems.invalid(
        `${at}.values`,
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      );
      return;
    default:
      problems.invalid(`${at}.operator`, operator, 'not a valid selector operator');
  }
}
