import type { MatchCondition, MatchResources, ParamKind, ParamRef, Variable } from '@shiplog/contracts';
import { dns1035Label, dnsSubdomain, pathSegment, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import { defaultRules, validateNamedRule } from './operations';

export const MATCH_POLICIES = ['Equivalent', 'Exact'];
const MOST_CONDITIONS = 64;
const CEL_NAME = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const CEL_RESERVED = new Set(
  (
    'true,false,null,in,as,break,const,continue,else,for,function,if,import,let,loop,package,namespace,return,var,' +
    'void,while'
  ).split(','),
);

/** Whether a text says nothing but white space. */
export const isBlank = (text: string | undefined): boolean => (text ?? '').trim() === '';

/** SetDefaults_MatchResources. */
export function defaultMatchResources(resources: MatchResources | undefined): void {
  if (resources === undefined) return;
  resources.matchPolicy ??= 'Equivalent';
  resources.namespaceSelector ??= {};
  resources.objectSelector ??= {};
  defaultRules(resources.resourceRules, resources.excludeResourceRules);
}

/** Kubernetes' validateMatchResources: which objects of which requests are meant. */
export function validateMatchResources(resources: MatchResources, at: string, problems: Problems): void {
  const { matchPolicy, namespaceSelector = {}, objectSelector = {} } = resources;
  problems.unlessOneOf(`${at}.matchPolicy`, matchPolicy, MATCH_POLICIES);
  validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, problems);
  validateLabelSelector(objectSelector, `${at}.objectSelector`, problems);
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    resources[field]?.forEach((rule, i) => validateNamedRule(rule, `${at}.${field}[${i}]`, problems));
  }
}

/** Expressions (CEL) that a request must satisfy; that they can be compiled is found out where all is known that they may name. */
export function validateMatchConditions(conditions: readonly MatchCondition[], at: string, problems: Problems): void {
  if (conditions.length > MOST_CONDITIONS) problems.tooMany(at, conditions.length, MOST_CONDITIONS);
  const seen = new Set<string>();
  conditions.forEach(({ name, expression }, i) => {
    const here = `${at}[${i}]`;
    if (isBlank(expression)) problems.required(`${here}.expression`);
    if (name === '') return problems.required(`${here}.name`);
    problems.breaches(`${here}.name`, name, qualifiedName);
    if (seen.has(name)) problems.duplicate(`${here}.name`, name);
    seen.add(name);
  });
}

/** Names that later expressions may use for earlier ones. */
export function validateVariables(variables: readonly Variable[], at: string, problems: Problems): void {
  variables.forEach(({ name, expression }, i) => {
    const here = `${at}[${i}]`;
    if (isBlank(name)) problems.required(`${here}.name`, 'name is not specified');
    else if (!CEL_NAME.test(name) || CEL_RESERVED.has(name)) {
      problems.invalid(`${here}.name`, name, 'name is not a valid CEL identifier');
    }
    if (isBlank(expression)) problems.required(`${here}.expression`, 'expression is not specified');
  });
}

/** Of what kind the objects are that a policy takes for its parameters. */
export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, at: string, problems: Problems): void {
  validateApiVersion(apiVersion, `${at}.apiVersion`, problems);
  if (kind === '') return problems.required(`${at}.kind`);
  const wrong = dns1035Label(kind.toLowerCase());
  if (wrong.length > 0) {
    const rule = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
    problems.invalid(`${at}.kind`, kind, rule);
  }
}

function validateApiVersion(apiVersion: string, at: string, problems: Problems): void {
  if (apiVersion === '') return problems.required(at);
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/', 3);
  if (parts.length > 2) return problems.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  const version = parts.at(-1) ?? '';
  const group = parts.length === 2 ? (parts[0] ?? '') : '';
  if (group !== '') joined(group, dnsSubdomain(group), at, problems);
  if (version === '') problems.invalid(at, apiVersion, 'version must be specified');
  else joined(version, dns1035Label(version), at, problems);
}

function joined(value: string, wrong: readonly string[], at: string, problems: Problems): void {
  if (wrong.length > 0) problems.invalid(at, value, wrong.join(','));
}

/** Which objects a binding gives a policy for its parameters: that of a name, or those that a selector chooses. */
export function validateParamRef(ref: ParamRef, at: string, problems: Problems): void {
  const { name = '', selector, parameterNotFoundAction = '' } = ref;
  const both = 'name and selector are mutually exclusive';
  if (name !== '') {
    problems.breaches(`${at}.name`, name, pathSegment);
    if (selector !== undefined) problems.forbidden(`${at}.name`, both);
  }
  if (selector !== undefined) {
    validateLabelSelector(selector, `${at}.selector`, problems);
    if (name !== '') problems.forbidden(`${at}.selector`, both);
  }
  if (name === '' && selector === undefined) problems.required(at, 'one of name or selector must be specified');
  const action = `${at}.parameterNotFoundAction`;
  if (parameterNotFoundAction === '') problems.required(action);
  else problems.unlessOneOf(action, parameterNotFoundAction, ['Deny', 'Allow']);
}
