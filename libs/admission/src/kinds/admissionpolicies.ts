import type {
  AuditAnnotation,
  MatchResources,
  MutatingAdmissionPolicySpec,
  Mutation,
  ParamRef,
  TypeChecking,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '@shiplog/contracts';
import { dnsSubdomain, type Problems, qualifiedName, sameJson } from '@shiplog/apimachinery';
import {
  defaultMatchResources,
  isBlank,
  validateMatchConditions,
  validateMatchResources,
  validateParamKind,
  validateParamRef,
  validateVariables,
} from '../admission-rules/matching';
import type { Expression } from '../cel/policies/expressions';
import { compileMutatingPolicy } from '../dynamic/policies/mutating';
import { compilePolicy } from '../dynamic/policies/validating';
import { by, required, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const MOST_ANNOTATIONS = 20;
/** Each takes its time to be compiled: of variables, and of rules. */
const MOST_EXPRESSIONS = 300;
const ANNOTATION_BYTES = 5 * 1024;
/** What a policy changes is there afterwards: it is not asked about deletions. */
const MUTATED = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

type Spec = Pick<
  ValidatingAdmissionPolicySpec,
  'failurePolicy' | 'matchConstraints' | 'matchConditions' | 'paramKind' | 'variables'
>;

/** What both kinds of policies have in common. */
const POLICY_ROWS = {
  'spec.failurePolicy': supported('Fail', 'Ignore'),
  'spec.paramKind': by(validateParamKind),
  'spec.matchConstraints': [required(), by(validateMatchResources)],
} as const;

function defaultPolicy(spec: Spec | undefined): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatchResources(spec.matchConstraints);
}

function validatePolicy(spec: Spec, problems: Problems): void {
  const { matchConstraints, matchConditions = [], variables = [] } = spec;
  if (matchConstraints !== undefined && (matchConstraints.resourceRules ?? []).length === 0) {
    problems.required('spec.matchConstraints.resourceRules');
  }
  validateMatchConditions(matchConditions, 'spec.matchConditions', problems);
  validateVariables(variables, 'spec.variables', problems);
}

/** Kubernetes' validateValidation. */
function validateValidation(validation: Validation, at: string, problems: Problems): void {
  const { expression, message = '', messageExpression = '', reason } = validation;
  if (isBlank(expression)) problems.required(`${at}.expression`, 'expression is not specified');
  if (messageExpression !== '' && isBlank(messageExpression)) {
    problems.invalid(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified');
  }
  if (message !== '' && isBlank(message)) {
    problems.invalid(`${at}.message`, message, 'message must be non-empty if specified');
  } else if (/[\n\r]/.test(message.trim())) {
    problems.invalid(`${at}.message`, message, 'message must not contain line breaks');
  }
  problems.unlessOneOf(`${at}.reason`, reason, REASONS);
}

function validateAnnotations(annotations: readonly AuditAnnotation[], name: string, problems: Problems): void {
  const at = 'spec.auditAnnotations';
  if (annotations.length > MOST_ANNOTATIONS) {
    problems.invalid(at, annotations, `must not have more than ${MOST_ANNOTATIONS} auditAnnotations`);
  }
  const seen = new Set<string>();
  annotations.forEach(({ key, valueExpression }, i) => {
    const here = `${at}[${i}]`;
    if (name === '') problems.invalid(`${here}.key`, key, 'requires metadata.name be non-empty');
    else problems.breaches(`${here}.key`, `${name}/${key}`, qualifiedName);
    if (isBlank(valueExpression)) {
      problems.required(`${here}.valueExpression`, 'valueExpression is not specified');
    } else if (Buffer.byteLength(valueExpression.trim()) > ANNOTATION_BYTES) {
      problems.required(`${here}.valueExpression`, `must not exceed ${ANNOTATION_BYTES} bytes in length`);
    }
    if (seen.has(key)) problems.duplicate(`${here}.key`, key);
    seen.add(key);
  });
}

/** Each expression can be compiled, with the variables that there are, to a value of the type that it must have. */
function validateExpressions(spec: ValidatingAdmissionPolicySpec, problems: Problems): void {
  if (hasTooMany(spec, ['variables', 'validations'], problems)) return;
  const { program, conditions, rules, annotations } = compilePolicy(spec);
  expressionProblems(
    'spec.variables',
    program.variables.map(({ expression }) => expression),
    problems,
  );
  expressionProblems('spec.matchConditions', conditions, problems);
  rules.forEach(({ expression, message }, i) => {
    expressionProblem(`spec.validations[${i}].expression`, expression, problems);
    if (message !== undefined) expressionProblem(`spec.validations[${i}].messageExpression`, message, problems);
  });
  annotations.forEach(({ expression }, i) => {
    expressionProblem(`spec.auditAnnotations[${i}].valueExpression`, expression, problems);
  });
}

function hasTooMany<K extends string>(
  spec: { readonly [P in K]?: readonly unknown[] },
  lists: readonly K[],
  problems: Problems,
): boolean {
  const full = lists.find((list) => (spec[list] ?? []).length > MOST_EXPRESSIONS);
  if (full !== undefined) problems.tooMany(`spec.${full}`, spec[full]?.length ?? 0, MOST_EXPRESSIONS);
  return full !== undefined;
}

function expressionProblems(at: string, expressions: readonly Expression[], problems: Problems): void {
  expressions.forEach((expression, i) => expressionProblem(`${at}[${i}].expression`, expression, problems));
}

function expressionProblem(at: string, { source, program }: Expression, problems: Problems): void {
  if ('fault' in program) problems.invalid(at, source, program.fault);
}

/** What a type checker found of the expressions. */
function validateTypeChecking({ expressionWarnings = [] }: TypeChecking, at: string, problems: Problems): void {
  expressionWarnings.forEach(({ warning, fieldRef }, i) => {
    if (warning === '') problems.required(`${at}.expressionWarnings[${i}].warning`);
    if (isBlank(fieldRef)) problems.required(`${at}.expressionWarnings[${i}].fieldRef`);
  });
}

export const validatingAdmissionPolicies = defineKind<'validatingadmissionpolicies.admissionregistration.k8s.io'>({
  resource: 'validatingadmissionpolicies.admissionregistration.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  defaults({ spec }) {
    defaultPolicy(spec);
  },
  prepareCreate(draft) {
    draft.status = {};
  },
  rows: new FieldRules(POLICY_ROWS),
  validate({ metadata, spec = {} }, problems, _ctx, before) {
    validatePolicy(spec, problems);
    const { validations = [], auditAnnotations = [] } = spec;
    if (validations.length + auditAnnotations.length === 0) {
      const rule = 'validations or auditAnnotations must contain at least one item';
      problems.required('spec.validations', rule);
      problems.required('spec.auditAnnotations', rule);
    }
    validations.forEach((validation, i) => validateValidation(validation, `spec.validations[${i}]`, problems));
    validateAnnotations(auditAnnotations, metadata.name ?? '', problems);
    if (problems.none && !sameJson(spec, before?.spec)) validateExpressions(spec, problems);
  },
  status: { rows: new FieldRules({ 'status.typeChecking': by(validateTypeChecking) }) },
});

function validateMutations(spec: MutatingAdmissionPolicySpec, problems: Problems): void {
  if (hasTooMany(spec, ['variables', 'mutations'], problems)) return;
  const { program, conditions, mutations } = compileMutatingPolicy(spec);
  expressionProblems(
    'spec.variables',
    program.variables.map(({ expression }) => expression),
    problems,
  );
  expressionProblems('spec.matchConditions', conditions, problems);
  mutations.forEach(({ mutation: { patchType }, expression }, i) => {
    const field = patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration';
    expressionProblem(`spec.mutations[${i}].${field}.expression`, expression, problems);
  });
}

/** Kubernetes' validateMutation: a change is told in the one way that it says. */
function validateMutation(mutation: Mutation, at: string, problems: Problems): void {
  const { patchType, jsonPatch, applyConfiguration } = mutation;
  if (patchType === '') return problems.required(`${at}.patchType`);
  const ways = { JSONPatch: jsonPatch, ApplyConfiguration: applyConfiguration };
  if (!Object.hasOwn(ways, patchType)) {
    return problems.notSupported(`${at}.patchType`, patchType, Object.keys(ways));
  }
  for (const [way, change] of Object.entries(ways)) {
    const field = way === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration';
    if (way !== patchType) {
      if (change === undefined) continue;
      problems.invalid(`${at}.${field}`, `{${field}}`, `must not be specified when patchType is ${patchType}`);
    } else if (change === undefined) {
      problems.required(`${at}.${field}`, `must be specified when patchType is ${patchType}`);
    } else if (isBlank(change.expression)) problems.required(`${at}.${field}.expression`);
  }
}

function validateMutated(resources: MatchResources | undefined, at: string, problems: Problems): void {
  for (const { operations = [] } of resources?.resourceRules ?? []) {
    for (const operation of operations) problems.unlessOneOf(`${at}.resourceRules.operations`, operation, MUTATED);
  }
}

export const mutatingAdmissionPolicies = defineKind<'mutatingadmissionpolicies.admissionregistration.k8s.io'>({
  resource: 'mutatingadmissionpolicies.admissionregistration.k8s.io',
  name: dnsSubdomain,
  generation: 'spec',
  defaults({ spec }) {
    defaultPolicy(spec);
  },
  rows: new FieldRules({
    ...POLICY_ROWS,
    'spec.mutations': required('mutations must contain at least one item'),
    'spec.mutations[*]': by(validateMutation),
    'spec.reinvocationPolicy': [required(), supported('IfNeeded', 'Never')],
  }),
  validate({ spec = {} }, problems, _ctx, before) {
    validatePolicy(spec, problems);
    validateMutated(spec.matchConstraints, 'spec.matchConstraints', problems);
    if (problems.none && !sameJson(spec, before?.spec)) validateMutations(spec, problems);
  },
});

interface BindingSpec {
  policyName?: string;
  paramRef?: ParamRef;
  matchResources?: MatchResources;
}

/** What both kinds of bindings have in common; `matchAt` is where problems of matchResources are told. */
function validateBinding(spec: BindingSpec, matchAt: string, problems: Problems): void {
  const { policyName = '', paramRef, matchResources } = spec;
  if (policyName === '') problems.required('spec.policyName');
  else problems.breaches('spec.policyName', policyName, dnsSubdomain);
  if (paramRef !== undefined) validateParamRef(paramRef, 'spec.paramRef', problems);
  if (matchResources !== undefined) validateMatchResources(matchResources, matchAt, problems);
}

/** Kubernetes' validateValidationActions: what becomes of a request that a policy does not let pass. */
function validateActions(actions: readonly string[], at: string, problems: Problems): void {
  const seen = new Set<string>();
  actions.forEach((action, i) => {
    problems.unlessOneOf(`${at}[${i}]`, action, ACTIONS);
    if (seen.has(action)) problems.duplicate(`${at}[${i}]`, action);
    seen.add(action);
  });
  if (seen.has('Deny') && seen.has('Warn')) {
    const reason =
      'repeating the same validation failure information in the API response and headers serves no purpose';
    problems.invalid(at, actions, `must not contain both Deny and Warn (${reason})`);
  }
  if (seen.size === 0) problems.required(at, 'at least one validation action is required');
}

export const validatingAdmissionPolicyBindings =
  defineKind<'validatingadmissionpolicybindings.admissionregistration.k8s.io'>({
    resource: 'validatingadmissionpolicybindings.admissionregistration.k8s.io',
    name: dnsSubdomain,
    generation: 'spec',
    defaults({ spec }) {
      defaultMatchResources(spec?.matchResources);
    },
    validate({ spec }, problems) {
      // The place is spelt so in Kubernetes.
      validateBinding(spec ?? {}, 'spec.matchResouces', problems);
      validateActions(spec?.validationActions ?? [], 'spec.validationActions', problems);
    },
  });

export const mutatingAdmissionPolicyBindings =
  defineKind<'mutatingadmissionpolicybindings.admissionregistration.k8s.io'>({
    resource: 'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
    name: dnsSubdomain,
    generation: 'spec',
    defaults({ spec }) {
      defaultMatchResources(spec?.matchResources);
    },
    validate({ spec }, problems) {
      validateBinding(spec ?? {}, 'spec.matchResources', problems);
      validateMutated(spec?.matchResources, 'spec.matchResources', problems);
    },
  });
