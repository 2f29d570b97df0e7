import type { KubeObject, KubeStatus, Mutation, ObjectOf, ResourceVersion } from '@shiplog/contracts';
import { ok, refused, sameJson, statusOf, type Result } from '@shiplog/apimachinery';
import { CONDITIONS_COST, POLICY_COST, type Expression } from '../../cel/policies/expressions';
import { CONSTRUCTED_TYPE } from '../../cel/policies/mutation-types';
import type { AdmissionAttributes } from '../attributes';
import type { Bound } from '../hooks';
import { withObject, type Reinvocation } from '../mutation';
import type { AdmissionRun } from '../run';
import { appliedTo, patchedBy, type Change } from './changes';
import { paramsOf } from './params';
import { compileConditions, meets, PolicyProgram } from './program';

export type MutatingPolicy = ObjectOf<'mutatingadmissionpolicies.admissionregistration.k8s.io'>;
export type MutatingBinding = ObjectOf<'mutatingadmissionpolicybindings.admissionregistration.k8s.io'>;

interface Invocation {
  readonly policy: MutatingPolicy;
  readonly binding: MutatingBinding;
  readonly version: ResourceVersion;
  readonly params: KubeObject | null;
}

/**
 * Has MutatingAdmissionPolicies change the object of a request, one after the other. 403 where one can't and may not be passed over.
 * `again`: it is the second time, of those that are to be asked again.
 */
export function mutateByPolicies(
  bound: readonly Bound<MutatingPolicy, MutatingBinding>[],
  attributes: AdmissionAttributes,
  run: AdmissionRun,
  { reinvocation, again }: { readonly reinvocation: Reinvocation; readonly again: boolean },
): Result<AdmissionAttributes> {
  const { invocations, problems } = invocationsOf(bound, attributes, run);
  let current = attributes;
  for (const invocation of invocations) {
    const key = keyOf(invocation);
    if (again && !reinvocation.isWanted(key)) continue;
    const mutated = mutatedBy(invocation, current, run, problems);
    if (!sameJson(mutated.object, current.object)) reinvocation.changed();
    if (invocation.policy.spec?.reinvocationPolicy === 'IfNeeded') reinvocation.invoked(key);
    current = mutated;
  }
  const [first] = problems;
  return first === undefined ? ok(current) : refused(deniedBy(attributes, problems));
}

function keyOf({ policy, binding, params }: Invocation): string {
  const { namespace = '', name = '' } = params?.metadata ?? {};
  return JSON.stringify([policy.metadata.name, binding.metadata.name, namespace, name]);
}

/** Which policies are asked, for which parameters: found out before any of them changes the object. */
function invocationsOf(
  bound: readonly Bound<MutatingPolicy, MutatingBinding>[],
  attributes: AdmissionAttributes,
  run: AdmissionRun,
): { readonly invocations: readonly Invocation[]; readonly problems: string[] } {
  const invocations: Invocation[] = [];
  const problems: string[] = [];
  for (const { policy, criteria, bindings } of bound) {
    const version = run.matched(criteria, attributes);
    if (version === undefined) continue;
    for (const { binding, criteria: own } of bindings) {
      if (run.matched(own, attributes) === undefined) continue;
      const { paramKind } = policy.spec ?? {};
      const params =
        paramKind === undefined
          ? ({ ok: true, objects: [null] } as const)
          : paramsOf(run.cluster, paramKind, binding.spec?.paramRef, attributes.namespace);
      if (params.ok)
        invocations.push(...params.objects.map((object) => ({ policy, binding, version, params: object })));
      else if (params.isOfPolicy)
        addProblem(problems, policy, undefined, `failed to configure policy: ${params.error}`);
      else addProblem(problems, policy, binding, `failed to configure binding: ${params.error}`);
    }
  }
  return { invocations, problems };
}

function addProblem(
  problems: string[],
  policy: MutatingPolicy,
  binding: MutatingBinding | undefined,
  text: string,
): void {
  if (policy.spec?.failurePolicy === 'Ignore') return;
  const bound = binding === undefined ? '' : ` with binding '${binding.metadata.name}'`;
  problems.push(`policy '${policy.metadata.name}'${bound} denied request: ${text}`);
}

/** The request after all mutations of one policy; each sees what the one before it made. */
function mutatedBy(
  { policy, binding, version, params }: Invocation,
  attributes: AdmissionAttributes,
  run: AdmissionRun,
  problems: string[],
): AdmissionAttributes {
  const compiled = compiledPolicy(policy);
  const fail = (text: string): void => addProblem(problems, policy, binding, text);
  const view = run.view(attributes, version);
  const met = meets(compiled.conditions, compiled.program.evaluation(view, params, run.budget(CONDITIONS_COST)));
  if ('error' in met) fail(met.error);
  if ('error' in met || !met.met) return attributes;
  const budget = run.budget(POLICY_COST);
  let current = attributes;
  for (const { mutation, expression } of compiled.mutations) {
    const seen = run.view(current, version);
    if (seen.objects.object === undefined) continue;
    const outcome = compiled.program.evaluation(seen, params, budget).evaluate(expression);
    if (outcome.error !== undefined) {
      fail(outcome.error);
      continue;
    }
    const change = changeOf(mutation, outcome.value, seen.objects.object, current, version);
    const changed = 'error' in change ? change : withObject(current, version, change.object);
    if ('error' in changed) fail(changed.error);
    else if (!changed.ok) fail(changed.status.message ?? '');
    else current = run.withDefaults(changed.value);
  }
  return current;
}

function changeOf(
  { patchType }: Mutation,
  value: unknown,
  object: KubeObject,
  attributes: AdmissionAttributes,
  version: ResourceVersion,
): Change {
  return patchType === 'JSONPatch' ? patchedBy(object, value) : appliedTo(object, value, attributes, version);
}

interface CompiledPolicy {
  readonly program: PolicyProgram;
  readonly conditions: readonly Expression[];
  readonly mutations: readonly { readonly mutation: Mutation; readonly expression: Expression }[];
}

/** Objects of the log never change: each is compiled once, when it is first asked. */
const compiled = new WeakMap<object, CompiledPolicy>();

function compiledPolicy(policy: MutatingPolicy): CompiledPolicy {
  let known = compiled.get(policy);
  if (known === undefined) compiled.set(policy, (known = compileMutatingPolicy(policy.spec ?? {})));
  return known;
}

/** The expressions of a policy, whatever is wrong with them. */
export function compileMutatingPolicy(spec: NonNullable<MutatingPolicy['spec']>): CompiledPolicy {
  const { variables = [], paramKind, matchConditions, mutations = [] } = spec;
  const program = new PolicyProgram(variables, paramKind !== undefined);
  return {
    program,
    conditions: compileConditions(program, matchConditions),
    mutations: mutations.map((mutation) => ({ mutation, expression: compileMutation(program, mutation) })),
  };
}

const PATCHES_TYPES = [`list<${CONSTRUCTED_TYPE}>`, 'list<T>', 'list<dyn>', 'list'];

function compileMutation(program: PolicyProgram, { patchType, jsonPatch, applyConfiguration }: Mutation): Expression {
  if (patchType === 'JSONPatch') return program.compile(jsonPatch?.expression ?? '', PATCHES_TYPES);
  return program.compile(applyConfiguration?.expression ?? '', [CONSTRUCTED_TYPE]);
}

function deniedBy({ row, name, object }: AdmissionAttributes, problems: readonly string[]): KubeStatus {
  const causes = problems.map((message) => ({ message }));
  const status = statusOf.forbidden(row, name === '' ? (object?.metadata.generateName ?? '') : name, '', causes);
  return { ...status, message: problems[0]! };
}
