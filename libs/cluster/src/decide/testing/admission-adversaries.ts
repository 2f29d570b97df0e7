import type { Adversary } from './adversaries';
import { cluster, create, type Asked, type TestCluster } from './given';

type Fields = Record<string, unknown>;

const GROUP = 'admissionregistration.k8s.io';
const resourceRules = (resource: string) => [
  { apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: [resource] },
];
const fill = <T>(bytes: number, each: number, item: (i: number) => T): T[] =>
  Array.from({ length: Math.max(1, Math.floor(bytes / each)) }, (_, i) => item(i));

/** A cluster with a validating policy, or a mutating one, for ConfigMaps. */
function ruled(kind: 'validating' | 'mutating', spec: Fields): TestCluster {
  const policy = { matchConstraints: { resourceRules: resourceRules('configmaps') }, ...spec };
  const binding = kind === 'validating' ? { validationActions: ['Deny'] } : {};
  return cluster()
    .given(create(`${kind}admissionpolicies.${GROUP}`, 'p', { spec: policy }))
    .given(create(`${kind}admissionpolicybindings.${GROUP}`, 'p', { spec: { policyName: 'p', ...binding } }));
}

const manyKeys = (bytes: number): Asked =>
  create('configmaps', 'x', { data: Object.fromEntries(fill(bytes, 14, (i) => [`k${i}`, 'v'])) });
const under = (name: string, kind: 'validating' | 'mutating', spec: Fields): Adversary => ({
  name: `under a policy: ${name}`,
  make: (bytes) => ({ at: ruled(kind, spec), asked: manyKeys(bytes) }),
});
const validations = (...expressions: string[]) => ({ validations: expressions.map((expression) => ({ expression })) });
const applying = (expression: string) => ({
  reinvocationPolicy: 'IfNeeded',
  mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
});

const policy = (name: string, spec: (bytes: number) => Fields): Adversary => ({
  name: `a policy: ${name}`,
  make: (bytes) => {
    const whole = { matchConstraints: { resourceRules: resourceRules('pods') }, ...spec(bytes) };
    return { at: cluster(), asked: create(`validatingadmissionpolicies.${GROUP}`, 'p', { spec: whole }) };
  },
});

/** What policies could make dear: objects that they look at, and their own expressions. */
export const ADMISSIONS: readonly Adversary[] = [
  under('that looks at every key', 'validating', validations('object.data.all(k, k != "x")')),
  under('that looks at every key for every key', 'validating', validations('object.data.all(a, object.data.all(b, a + b != "x"))')),
  under('that sets every key', 'mutating', applying('Object{data: {"a": string(size(object.data))}}')),
  under(
    'that patches for every key',
    'mutating',
    { reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: 'object.data.map(k, JSONPatch{op: "replace", path: "/data/" + k, value: "w"})' } }] },
  ),
  policy('many rules', (bytes) => validations(...fill(bytes, 40, () => 'object.a == 1'))),
  policy('a long rule', (bytes) => validations(fill(bytes, 16, () => 'object.a == 1').join(' && '))),
  policy('a deep rule', (bytes) => validations(`${'('.repeat(bytes / 2)}true${')'.repeat(bytes / 2)}`)),
  policy('a long text', (bytes) => validations(`object.a == "${'x'.repeat(bytes)}"`)),
  policy('texts that do not end', (bytes) => validations(`Object{${`"""'''"`.repeat(bytes / 7)}`)),
  policy('constructors in constructors', (bytes) => validations('Object{a: '.repeat(bytes / 10))),
  policy('many variables', (bytes) => ({ ...validations('true'), variables: fill(bytes, 50, (i) => ({ name: `v${i}`, expression: '1' })) })),
]; // prettier-ignore
