import { builtIn, type BuiltIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, created } from '../testing/builders';
import { admitUpdate } from '../update';

const RESOURCES: Readonly<Record<string, BuiltIn>> = {
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies.admissionregistration.k8s.io',
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies.admissionregistration.k8s.io',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  MutatingAdmissionPolicyBinding: 'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
};
const of = (kind: string, spec: object): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: { name: 'x.example.com' },
  spec,
});
const causes = (kind: string, spec: object) =>
  causesOf(admitCreate(builtIn(RESOURCES[kind]!), of(kind, spec), admission()));

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const matchConstraints = { resourceRules: [rule] };
const DEFAULTED = {
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  resourceRules: [{ ...rule, scope: '*' }],
};
const validation = { expression: 'object.spec.replicas <= 5' };
const VALIDATING = { matchConstraints, validations: [validation] };
const MUTATING = {
  matchConstraints,
  reinvocationPolicy: 'Never',
  mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
};
const BINDING = { policyName: 'x', validationActions: ['Deny'] };
const paramRef = { name: 'p', parameterNotFoundAction: 'Deny' };

describe('admission policies', () => {
  it('get what they leave out', () => {
    const policy = created(
      'validatingadmissionpolicies.admissionregistration.k8s.io',
      of('ValidatingAdmissionPolicy', VALIDATING),
    );
    expect(policy.spec).toEqual({ ...VALIDATING, failurePolicy: 'Fail', matchConstraints: DEFAULTED });
    expect(policy.metadata.generation).toBe(1);
    const other = of('MutatingAdmissionPolicy', MUTATING);
    expect(created('mutatingadmissionpolicies.admissionregistration.k8s.io', other).spec).toEqual({
      ...MUTATING,
      failurePolicy: 'Fail',
      matchConstraints: DEFAULTED,
    });
    const binding = of('ValidatingAdmissionPolicyBinding', { ...BINDING, paramRef, matchResources: matchConstraints });
    expect(created('validatingadmissionpolicybindings.admissionregistration.k8s.io', binding).spec).toEqual({
      ...BINDING,
      paramRef,
      matchResources: DEFAULTED,
    });
  });

  it('are of objects and say something', () => {
    expect(causes('ValidatingAdmissionPolicy', {})).toEqual([
      'spec.matchConstraints: Required value',
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ]);
    expect(causes('MutatingAdmissionPolicy', {})).toEqual([
      'spec.matchConstraints: Required value',
      'spec.mutations: Required value: mutations must contain at least one item',
      'spec.reinvocationPolicy: Required value',
    ]);
    expect(causes('ValidatingAdmissionPolicyBinding', {})).toEqual([
      'spec.policyName: Required value',
      'spec.validationActions: Required value: at least one validation action is required',
    ]);
    expect(causes('MutatingAdmissionPolicyBinding', {})).toEqual(['spec.policyName: Required value']);
  });

  const valid = (changes: object) => ({ validations: [{ ...validation, ...changes }] });
  const annotated = (...auditAnnotations: object[]) => ({ auditAnnotations });
  const kinds = (changes: object) => ({ paramKind: { apiVersion: 'a.b/v1', kind: 'Limit', ...changes } });
  it.each<[object, string]>([
    [{ failurePolicy: 'x' }, 'failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"'],
    [{ matchConstraints: {} }, 'matchConstraints.resourceRules: Required value'],
    [
      { matchConstraints: { ...matchConstraints, matchPolicy: 'x' } },
      'matchConstraints.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"',
    ],
    [
      { matchConstraints: { resourceRules: [{ ...rule, resourceNames: ['a', 'a'] }] } },
      'matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
    ],
    [
      { matchConstraints: { ...matchConstraints, excludeResourceRules: [{ ...rule, resources: [] }] } },
      'matchConstraints.excludeResourceRules[0].resources: Required value',
    ],
    [kinds({ apiVersion: '' }), 'paramKind.apiVersion: Required value'],
    [
      kinds({ apiVersion: 'a/b/c' }),
      'paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    ],
    [kinds({ apiVersion: 'a.b/' }), 'paramKind.apiVersion: Invalid value: "a.b/": version must be specified'],
    [kinds({ kind: '' }), 'paramKind.kind: Required value'],
    [{ variables: [{ name: '', expression: '1' }] }, 'variables[0].name: Required value: name is not specified'],
    [
      { variables: [{ name: 'for', expression: '1' }] },
      'variables[0].name: Invalid value: "for": name is not a valid CEL identifier',
    ],
    [{ variables: [{ name: 'a' }] }, 'variables[0].expression: Required value: expression is not specified'],
    [valid({ expression: ' ' }), 'validations[0].expression: Required value: expression is not specified'],
    [valid({ message: ' ' }), 'validations[0].message: Invalid value: " ": message must be non-empty if specified'],
    [
      valid({ message: 'a\nb' }),
      'validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
    ],
    [
      valid({ messageExpression: ' ' }),
      'validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
    ],
    [
      valid({ reason: 'x' }),
      'validations[0].reason: Unsupported value: "x": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
    [annotated({ key: 'a' }), 'auditAnnotations[0].valueExpression: Required value: valueExpression is not specified'],
    [
      annotated({ key: 'a', valueExpression: 'x'.repeat(5121) }),
      'auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length',
    ],
    [
      annotated({ key: 'a', valueExpression: '1' }, { key: 'a', valueExpression: '1' }),
      'auditAnnotations[1].key: Duplicate value: "a"',
    ],
  ])('that validate are refused with %j', (changes, text) => {
    expect(causes('ValidatingAdmissionPolicy', { ...VALIDATING, ...changes })).toEqual([`spec.${text}`]);
  });

  const mutated = (mutation: object) => ({ mutations: [mutation] });
  const json = { expression: '[]' };
  it.each<[object, string]>([
    [mutated({}), 'mutations[0].patchType: Required value'],
    [
      mutated({ patchType: 'x' }),
      'mutations[0].patchType: Unsupported value: "x": supported values: "ApplyConfiguration", "JSONPatch"',
    ],
    [
      mutated({ patchType: 'JSONPatch' }),
      'mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
    ],
    [mutated({ patchType: 'JSONPatch', jsonPatch: {} }), 'mutations[0].jsonPatch.expression: Required value'],
    [
      mutated({ patchType: 'ApplyConfiguration', applyConfiguration: json, jsonPatch: json }),
      'mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    ],
    [{ reinvocationPolicy: 'x' }, 'reinvocationPolicy: Unsupported value: "x": supported values: "IfNeeded", "Never"'],
    [
      { matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] } },
      'matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ])('that mutate are refused with %j', (changes, text) => {
    expect(causes('MutatingAdmissionPolicy', { ...MUTATING, ...changes })).toEqual([`spec.${text}`]);
  });

  const referring = (changes: object) => ({ paramRef: { ...paramRef, ...changes } });
  it.each<[object, string[]]>([
    [
      { validationActions: ['Deny', 'Warn'] },
      [
        'validationActions: Invalid value: []string{"Deny", "Warn"}: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    [{ validationActions: ['Deny', 'Deny'] }, ['validationActions[1]: Duplicate value: "Deny"']],
    [
      { validationActions: ['x'] },
      ['validationActions[0]: Unsupported value: "x": supported values: "Audit", "Deny", "Warn"'],
    ],
    [referring({ name: '' }), ['paramRef: Required value: one of name or selector must be specified']],
    [
      referring({ selector: {} }),
      [
        'paramRef.name: Forbidden: name and selector are mutually exclusive',
        'paramRef.selector: Forbidden: name and selector are mutually exclusive',
      ],
    ],
    [referring({ parameterNotFoundAction: undefined }), ['paramRef.parameterNotFoundAction: Required value']],
    [
      referring({ parameterNotFoundAction: 'x' }),
      ['paramRef.parameterNotFoundAction: Unsupported value: "x": supported values: "Allow", "Deny"'],
    ],
    [
      { matchResources: { matchPolicy: 'x' } },
      ['matchResouces.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"'],
    ],
  ])('are not bound by %j', (changes, texts) => {
    expect(causes('ValidatingAdmissionPolicyBinding', { ...BINDING, ...changes })).toEqual(
      texts.map((text) => `spec.${text}`),
    );
  });

  it('have a status that says of which expression it warns', () => {
    const resource = 'validatingadmissionpolicies.admissionregistration.k8s.io';
    const before = created(resource, of('ValidatingAdmissionPolicy', VALIDATING));
    const status = { typeChecking: { expressionWarnings: [{ fieldRef: ' ', warning: '' }] } };
    expect(causesOf(admitUpdate(builtIn(resource), 'status', before, { ...before, status }, admission()))).toEqual([
      'status.typeChecking.expressionWarnings[0].warning: Required value',
      'status.typeChecking.expressionWarnings[0].fieldRef: Required value',
    ]);
  });
});
