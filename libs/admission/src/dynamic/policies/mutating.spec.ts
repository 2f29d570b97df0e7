import { builtIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../../create';
import { admission, stored } from '../../testing/builders';
import { configMap, GivenPolicies, rulesFor } from '../testing/policies';

const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });
const given = (mutations: readonly object[], spec?: object): GivenPolicies =>
  new GivenPolicies().mutating('p', mutations, spec);
/** What becomes of a new ConfigMap, or why nothing does. */
const made = (policies: GivenPolicies, object: KubeObject = configMap({ k: 'v' })): unknown => {
  const result = policies.create(object);
  return result.ok ? { data: result.value['data'], labels: result.value.metadata.labels } : result.status.message;
};

const pod = (spec: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'web', image: 'i' }], ...spec },
});
const forPods = {
  matchConstraints: { resourceRules: rulesFor('pods').map((rule) => ({ ...rule, operations: ['CREATE'] })) },
};

describe('a mutating policy', () => {
  it('merges what it makes into the object', () => {
    const policies = given([apply('Object{metadata: Object.metadata{labels: {"by": request.userInfo.username}}, data: {"n": "1"}}')]);
    expect(made(policies)).toEqual({ data: { k: 'v', n: '1' }, labels: { by: 'ann' } });
  });

  it('finds items of lists by what tells them apart, and adds others', () => {
    const expression =
      'Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, imagePullPolicy: "Always"}) + [Object.spec.containers{name: "side", image: "s"}]}}';
    const result = given([apply(expression)], forPods).create(pod(), 'pods');
    expect(result).toMatchObject({
      ok: true,
      value: { spec: { containers: [{ name: 'web', image: 'i', imagePullPolicy: 'Always' }, { name: 'side', image: 's' }] } },
    });
  });

  it('has its patch done, with what is escaped, optional, tested', () => {
    const add = patch('[JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}}, JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("x/y~z"), value: "1"}]');
    const never = patch('[JSONPatch{op: "test", path: "/data/k", value: "other"}, JSONPatch{op: "remove", path: "/data/k"}]');
    const optional = apply('Object{?data: optional.none(), metadata: Object.metadata{?labels: optional.of({"c": "d"})}}');
    expect(made(given([never, optional]))).toEqual({ data: { k: 'v' }, labels: { c: 'd' } });
    expect(given([add]).create(configMap())).toMatchObject({ status: { reason: 'Invalid' } });
    expect(made(given([patch('has(object.data) ? [JSONPatch{op: "replace", path: "/data/k", value: "w"}] : []')]))).toMatchObject({ data: { k: 'w' } });
  });

  it('sees what those before it made, each in turn', () => {
    const count = apply('Object{data: {"n": string(size(object.data))}}');
    const policies = given([count, apply('Object{data: {"m": object.data.n + "!"}}')]).mutating('q', [apply('Object{data: {"q": object.data.m}}')]);
    expect(made(policies)).toMatchObject({ data: { k: 'v', n: '1', m: '1!', q: '1!' } });
  });

  it('that wants to be asked again is, when others have changed the object after it', () => {
    const counting = [apply('Object{data: {"n": string(size(object.data))}}')];
    const other = [apply('Object{data: {"b": "1", "c": "2"}}')];
    const asked = (reinvocationPolicy: string) => made(new GivenPolicies().mutating('a', counting, { reinvocationPolicy }).mutating('b', other));
    expect(asked('Never')).toMatchObject({ data: { n: '1' } });
    expect(asked('IfNeeded')).toMatchObject({ data: { n: '4' } });
  });

  it('changes what is updated, and never what an object is called', () => {
    const before = stored(configMap({ k: 'v' }));
    const policies = given([apply('Object{data: {"was": oldObject.data.k}}')], { matchConditions: [{ name: 'u', expression: 'request.operation == "UPDATE"' }] });
    expect(policies.update(before, configMap({ k: 'w' }))).toMatchObject({ ok: true, value: { data: { k: 'w', was: 'v' } } });
    expect(given([apply('Object{metadata: Object.metadata{name: "b"}}')]).update(before, configMap())).toMatchObject({ status: { code: 400 } });
  });

  it('sees no name that is still to be made, and none of what only the system says', () => {
    const expression = 'Object{data: {"seen": string(has(object.metadata.name)) + string(has(object.metadata.uid)) + request.name}}';
    const generated = { ...configMap({ k: 'v' }), metadata: { generateName: 'g-', namespace: 'default' } };
    const result = given([apply(expression)]).create(generated);
    expect(result).toMatchObject({ ok: true, value: { data: { seen: 'falsefalse' }, metadata: { name: expect.stringMatching(/^g-.{5}$/) as string, uid: expect.any(String) as string } } });
  });

  it('does not keep what it made from being looked at', () => {
    const policies = given([apply('Object{data: {"bad": "1"}}')]).policy('v', { validations: [{ expression: '!has(object.data.bad)' }] });
    expect(made(policies)).toContain("ValidatingAdmissionPolicy 'v' with binding 'v-binding' denied request");
    expect(given([apply('Object{spec: Object.spec{containers: [Object.spec.containers{name: "Bad!"}]}}')], forPods).create(pod(), 'pods')).toMatchObject({ status: { code: 422 } });
  });

  it.each<[string, object, string]>([
    ['an error', apply('Object{data: {"a": object.nope}}'), `expression 'Object{data: {"a": object.nope}}' resulted in error: no such key: nope`],
    ['a field that there is not', apply('Object{spec: Object.spec{a: 1}}'), 'failed to convert apply configuration to typed object: .spec: field not declared in schema'],
    ['a type that is not the field’s', apply('Object{data: Object.wrong{}}'), 'unexpected type name "Object.wrong", expected "Object.data"'],
    ['a patch that does not apply', patch('[JSONPatch{op: "remove", path: "/data/nope"}]'), 'JSONPath: '],
    ['a value of another type', apply('Object{data: {"a": 1}}'), 'cannot unmarshal number'],
  ])('denies by %s, or is passed over', (_what, mutation, text) => {
    const message = made(given([mutation]));
    expect(message).toContain("policy 'p' with binding 'p' denied request: ");
    expect(message).toContain(text);
    expect(made(given([mutation], { failurePolicy: 'Ignore' }))).toMatchObject({ data: { k: 'v' } });
  });

  it('may not touch what is a whole of its own', () => {
    const expression = 'Object{spec: Object.spec{containers: [Object.spec.containers{name: "web", command: ["sh"]}]}}';
    expect(given([apply(expression)], forPods).create(pod(), 'pods')).toMatchObject({
      ok: false,
      status: { message: expect.stringContaining('may not mutate atomic arrays, maps or structs: .spec.containers[name="web"].command') as string },
    });
  });
}); // prettier-ignore

describe('the expressions of a new mutating policy', () => {
  const problems = (mutation: object): string => {
    const spec = { matchConstraints: { resourceRules: [{ ...rulesFor('configmaps')[0], operations: ['CREATE'] }] }, reinvocationPolicy: 'Never', mutations: [mutation] };
    const policy = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicy', metadata: { name: 'p' }, spec };
    const result = admitCreate(builtIn('mutatingadmissionpolicies.admissionregistration.k8s.io'), policy, admission());
    return result.ok ? '' : (result.status.message ?? '');
  };
  it.each<[object, RegExp]>([
    [apply('Object{spec: Object.spec{a: object.x ? 1 : 2}}'), /^$/],
    [apply('{"a": 1}'), /spec.mutations\[0\].applyConfiguration.expression: .*must evaluate to Object$/],
    [patch('[JSONPatch{op: "add", path: "/a"}]'), /^$/],
    [patch('[]'), /^$/],
    [patch('JSONPatch{op: "add"}'), /spec.mutations\[0\].jsonPatch.expression: .*must evaluate to list\(JSONPatch\)$/],
    [apply('Object{spec: Object.spec{'), /compilation failed: ERROR/],
    [apply('Object{"spec": 1}'), /^$/],
  ])('%j', (mutation, expected) => {
    expect(problems(mutation)).toMatch(expected);
  });
}); // prettier-ignore
