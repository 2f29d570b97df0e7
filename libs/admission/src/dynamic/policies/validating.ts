import type { KubeStatus, ObjectOf, Validation } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { CONDITIONS_COST, POLICY_COST, type Expression } from '../../cel/policies/expressions';
import type { AdmissionAttributes } from '../attributes';
import type { Bound } from '../hooks';
import type { AdmissionRun } from '../run';
import { AuditAnnotations } from './audit-annotations';
import { paramsOf } from './params';
import { compileConditions, meets, PolicyProgram, type PolicyEvaluation } from './program';
import type { RequestView } from './request-view';

export type ValidatingPolicy = ObjectOf<'validatingadmissionpolicies.admissionregistration.k8s.io'>;
export type ValidatingBinding = ObjectOf<'validatingadmissionpolicybindings.admissionregistration.k8s.io'>;

/** Why a policy does not let a request pass: a rule of it, or that it can't be asked. */
interface Failure {
  readonly message: string;
  readonly reason?: string;
  /** Of the rule, in the policy. */
  readonly index?: number;
}

interface Denial extends Failure {
  readonly policy: string;
  readonly binding?: string;
}

const LONGEST_MESSAGE = 5_120;

/** Asks the ValidatingAdmissionPolicies that are bound to a request; the first that denies it decides. */
export function validateByPolicies(
  bound: readonly Bound<ValidatingPolicy, ValidatingBinding>[],
  attributes: AdmissionAttributes,
  run: AdmissionRun,
): KubeStatus | undefined {
  const denials: Denial[] = [];
  for (const { policy, bindings, criteria } of bound) {
    const version = run.matched(criteria, attributes);
    if (version === undefined) continue;
    const annotations = new AuditAnnotations(policy.metadata.name);
    const asked = { policy, view: run.view(attributes, version), annotations };
    for (const binding of bindings) {
      if (run.matched(binding.criteria, attributes) === undefined) continue;
      denials.push(...deniedBy(asked, binding.binding, attributes, run));
    }
    run.annotate(annotations.all());
  }
  const [first] = denials;
  return first === undefined ? undefined : denied(attributes, first);
}

interface Asked {
  readonly policy: ValidatingPolicy;
  readonly view: RequestView;
  readonly annotations: AuditAnnotations;
}

function deniedBy(
  asked: Asked,
  binding: ValidatingBinding,
  attributes: AdmissionAttributes,
  run: AdmissionRun,
): Denial[] {
  const { policy } = asked;
  const { paramKind, failurePolicy } = policy.spec ?? {};
  const names = { policy: policy.metadata.name, binding: binding.metadata.name };
  const params =
    paramKind === undefined
      ? ({ ok: true, objects: [null] } as const)
      : paramsOf(run.cluster, paramKind, binding.spec?.paramRef, attributes.namespace);
  if (!params.ok) {
    if (failurePolicy === 'Ignore') return [];
    return [
      params.isOfPolicy
        ? { policy: names.policy, message: `failed to configure policy: ${params.error}` }
        : { ...names, message: `failed to configure binding: ${params.error}` },
    ];
  }
  const denials: Denial[] = [];
  for (const object of params.objects) {
    const failures = failuresOf(asked, object, run);
    for (const failure of failures.rules) {
      if (enforce(binding, policy.metadata.name, failure, run)) denials.push({ ...names, ...failure });
    }
    for (const failure of failures.annotations) denials.push({ ...names, ...failure });
  }
  return denials;
}

/** Does with a failure what the binding says; whether that is to deny the request. */
function enforce({ metadata, spec }: ValidatingBinding, policy: string, failure: Failure, run: AdmissionRun): boolean {
  const { validationActions = [] } = spec ?? {};
  const { message, index = 0 } = failure;
  if (validationActions.includes('Warn')) {
    run.warn(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${metadata.name}': ${message}`);
  }
  if (validationActions.includes('Audit')) {
    const value = { message, policy, binding: metadata.name, expressionIndex: index, validationActions };
    run.annotate({ 'validation.policy.admission.k8s.io/validation_failure': JSON.stringify([value]) });
  }
  return validationActions.includes('Deny');
}

interface Failures {
  readonly rules: readonly Failure[];
  readonly annotations: readonly Failure[];
}

const NONE: Failures = { rules: [], annotations: [] };

function failuresOf({ policy, view, annotations }: Asked, params: unknown, run: AdmissionRun): Failures {
  const compiled = compiledPolicy(policy);
  const isLenient = policy.spec?.failurePolicy === 'Ignore';
  const whenBroken = (message: string): Failures => (isLenient ? NONE : { ...NONE, rules: [{ message }] });
  const met = meets(compiled.conditions, compiled.program.evaluation(view, params, run.budget(CONDITIONS_COST)));
  if ('error' in met) return whenBroken(met.error);
  if (!met.met) return NONE;
  const evaluation = compiled.program.evaluation(view, params, run.budget(POLICY_COST));
  const rules: Failure[] = [];
  for (const [index, rule] of compiled.rules.entries()) {
    const outcome = evaluation.evaluate(rule.expression);
    if (outcome.error === undefined) {
      if (outcome.value !== true) {
        rules.push({ message: messageOf(rule, evaluation), reason: rule.validation.reason ?? 'Invalid', index });
      }
    } else if (outcome.isOver) return whenBroken(outcome.error);
    else if (!isLenient) rules.push({ message: outcome.error, index });
  }
  const broken: Failure[] = [];
  const annotating = compiled.program.evaluation(view, params, run.budget(POLICY_COST));
  for (const { key, expression } of compiled.annotations) {
    const problem = annotations.add(key, expression, annotating.evaluate(expression));
    if (problem !== undefined && !isLenient) broken.push({ message: problem });
  }
  return { rules, annotations: broken };
}

function messageOf({ validation, message: made }: CompiledRule, evaluation: PolicyEvaluation): string {
  const outcome = made === undefined ? undefined : evaluation.evaluate(made);
  const text = outcome?.error === undefined && typeof outcome?.value === 'string' ? outcome.value.trim() : '';
  if (text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= LONGEST_MESSAGE) return text;
  return (validation.message ?? '').trim() || `failed expression: ${validation.expression.trim()}`;
}

interface CompiledRule {
  readonly validation: Validation;
  readonly expression: Expression;
  readonly message: Expression | undefined;
}

interface CompiledPolicy {
  readonly program: PolicyProgram;
  readonly conditions: readonly Expression[];
  readonly rules: readonly CompiledRule[];
  readonly annotations: readonly { readonly key: string; readonly expression: Expression }[];
}

/** Objects of the log never change: each is compiled once, when it is first asked. */
const compiled = new WeakMap<object, CompiledPolicy>();

function compiledPolicy(policy: ValidatingPolicy): CompiledPolicy {
  let known = compiled.get(policy);
  if (known === undefined) compiled.set(policy, (known = compilePolicy(policy.spec ?? {})));
  return known;
}

export function compilePolicy(spec: NonNullable<ValidatingPolicy['spec']>): CompiledPolicy {
  const { variables = [], paramKind, matchConditions, validations = [], auditAnnotations = [] } = spec;
  const program = new PolicyProgram(variables, paramKind !== undefined);
  return {
    program,
    conditions: compileConditions(program, matchConditions),
    rules: validations.map((validation) => ({
      validation,
      expression: program.compile(validation.expression, ['bool']),
      message:
        (validation.messageExpression ?? '') === ''
          ? undefined
          : program.compile(validation.messageExpression!, ['string'], false),
    })),
    annotations: auditAnnotations.map(({ key, valueExpression }) => ({
      key,
      expression: program.compile(valueExpression, ['string', 'null'], false),
    })),
  };
}

const CODES: ReadonlyMap<string, number> = new Map([
  ['Forbidden', 403],
  ['Unauthorized', 401],
  ['RequestEntityTooLarge', 413],
]);
const UNPROCESSABLE = 422;

function denied(
  { row, name, object }: AdmissionAttributes,
  { policy, binding, message, reason = 'Invalid' }: Denial,
): KubeStatus {
  const bound = binding === undefined ? '' : ` with binding '${binding}'`;
  const text = `ValidatingAdmissionPolicy '${policy}'${bound} denied request: ${message}`;
  const status = statusOf.forbidden(row, name === '' ? (object?.metadata.generateName ?? '') : name, text, [
    { message: text },
  ]);
  return { ...status, reason, code: CODES.get(reason) ?? UNPROCESSABLE };
}
