import { builtIn } from '@shiplog/contracts';
import { admitCreate } from '../../create';
import { admission, stored } from '../../testing/builders';
import { configMap, GivenPolicies, rulesFor } from '../testing/policies';

const given = (spec: object, binding?: object): GivenPolicies => new GivenPolicies().policy('p', spec, binding);
const rule = (expression: string, more: object = {}) => ({ validations: [{ expression, ...more }] });
const DENIED = `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-binding' denied request: `;

describe('a policy', () => {
  it('lets pass what its rules are true of, and denies all else by the first that is not', () => {
    const policies = given({ validations: [{ expression: 'object.data.n == "1"' }, { expression: 'false' }] });
    const result = policies.create(configMap({ n: '2' }));
    expect(result).toMatchObject({
      ok: false,
      status: {
        reason: 'Invalid',
        code: 422,
        message: `${DENIED}failed expression: object.data.n == "1"`,
        details: { name: 'a', kind: 'configmaps', causes: [{ message: expect.any(String) as string }] },
      },
    });
    expect(given(rule('object.data.n == "1"')).denial(configMap({ n: '1' }))).toBe('');
  });

  it.each([
    [{ message: 'no such thing' }, 'no such thing'],
    [{ messageExpression: '"found " + object.metadata.name', message: 'other' }, 'found a'],
    [{ messageExpression: '"a\\nb"', message: 'other' }, 'other'],
    [{ messageExpression: 'object.nope', message: 'other' }, 'other'],
    [{}, 'failed expression: 1 == 2'],
  ])('says why as its rule says: %j', (more, text) => {
    expect(given(rule('1 == 2', more)).denial()).toBe(`${DENIED}${text}`);
  });

  it.each([
    ['Forbidden', 403],
    ['Unauthorized', 401],
    ['RequestEntityTooLarge', 413],
    ['Invalid', 422],
  ])('denies with the reason of its rule: %s', (reason, code) => {
    expect(given(rule('false', { reason })).create()).toMatchObject({ status: { reason, code } });
  });

  it('that nothing binds says nothing', () => {
    expect(new GivenPolicies().policy('p', rule('false'), null).binding('q', { policyName: 'q' }).denial()).toBe('');
  });

  it('that can’t be evaluated denies, or not, as its failure policy says', () => {
    const broken = rule('object.spec.x == 1');
    expect(given(broken).denial()).toBe(
      `${DENIED}expression 'object.spec.x == 1' resulted in error: no such key: spec`,
    );
    expect(given({ ...broken, failurePolicy: 'Ignore' }).denial()).toBe('');
    expect(given(rule('object.')).denial()).toContain('compilation error: compilation failed: ERROR: <input>:1:');
  });
});

describe('what expressions see', () => {
  it.each([
    'object.metadata.name == "a" && object.data.k == "v" && object.kind == "ConfigMap"',
    'oldObject == null',
    'request.operation == "CREATE" && request.name == "a" && request.namespace == "default" && !request.dryRun',
    'request.kind.kind == "ConfigMap" && request.kind.group == "" && request.resource.resource == "configmaps"',
    'request.requestKind.version == "v1" && request.subResource == "" && request.options.kind == "CreateOptions"',
    'request.userInfo.username == "ann" && "devs" in request.userInfo.groups && request.userInfo.extra["team"] == ["blue"]',
    'namespaceObject.metadata.name == "default"',
    'has(object.data) && !has(object.binaryData) && object.?data.?k.orValue("") == "v"',
    'variables.k == "v" && variables.twice == 2',
    '!has(object.metadata.managedFields)',
  ])('%s', (expression) => {
    const variables = [
      { name: 'k', expression: 'object.data.k' },
      { name: 'twice', expression: 'size(variables.k) * 2' },
    ];
    expect(given({ variables, ...rule(expression) }).denial(configMap({ k: 'v' }))).toBe('');
  });

  it('a variable is evaluated when it is first asked for, and then not again', () => {
    const variables = [{ name: 'broken', expression: 'object.nope' }];
    expect(given({ variables, ...rule('true || variables.broken') }).denial()).toBe('');
    expect(given({ variables, ...rule('variables.broken == 1') }).denial()).toContain('no such key: nope');
  });

  it('whole numbers are integers, others are not', () => {
    const policies = given({
      ...rule('object.spec.replicas + 1 == 4'),
      matchConstraints: { resourceRules: rulesFor('deployments') },
    });
    const labels = { a: 'b' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const spec = { replicas: 3, selector: { matchLabels: labels }, template };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', namespace: 'default' },
      spec,
    };
    expect(policies.denial(deployment, 'deployments.apps')).toBe('');
  });

  it('an update sees what was, and fields of any name are safe', () => {
    const policies = given(
      rule('object.data["__proto__"] == "x" && oldObject.data.k == "v" && !has(object.data.constructor)'),
    );
    const before = stored(configMap({ k: 'v' }));
    const data = JSON.parse('{"__proto__": "x"}') as object;
    expect(policies.update(before, configMap(data))).toMatchObject({ ok: true });
    expect(policies.update(before, configMap({ k: 'w' }))).toMatchObject({ ok: false });
  });
});

describe('the authorizer', () => {
  const asked: unknown[] = [];
  const access = (question: unknown) => {
    asked.push(question);
    return { allowed: true, reason: 'may' };
  };
  it.each<[string, object]>([
    ['authorizer.group("apps").resource("deployments").subresource("scale").namespace("n").name("x").check("update").allowed()', { user: { username: 'ann' }, verb: 'update', group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'n', name: 'x' }],
    ['authorizer.requestResource.check("delete").reason() == "may"', { verb: 'delete', group: '', resource: 'configmaps', namespace: 'default', name: 'a' }],
    ['authorizer.path("/healthz").check("get").allowed()', { verb: 'get', path: '/healthz' }],
    ['authorizer.serviceAccount("n", "sa").group("").resource("pods").check("get").allowed()', { user: { username: 'system:serviceaccount:n:sa', groups: ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated'] } }],
  ])('%s', (expression, question) => {
    asked.length = 0;
    expect(new GivenPolicies(access).policy('p', rule(expression)).denial()).toBe('');
    expect(asked).toMatchObject([question]);
  }); // prettier-ignore

  it('costs so much that an expression asks it twice at most', () => {
    const check = 'authorizer.path("/a").check("get").allowed()';
    const ask = (times: number) =>
      new GivenPolicies(access).policy('p', rule(Array(times).fill(check).join(' && '))).denial();
    expect(ask(2)).toBe('');
    expect(ask(3)).toContain('actual cost limit exceeded');
  });
});

describe('parameters', () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const limits = (name: string, max: string, labels = {}) => configMap({ max }, { name, namespace: 'limits', labels });
  const policy = (paramRef: object, more: object = {}) =>
    given({ paramKind, validations: [{ expression: 'int(object.data.n) <= int(params.data.max)' }], ...more }, { paramRef })
      .object('configmaps', limits('l1', '5', { set: 'x' }))
      .object('configmaps', limits('l2', '3', { set: 'x' })); // prettier-ignore
  const ref = { namespace: 'limits', parameterNotFoundAction: 'Deny' };

  it('are the object of a name, or all that a selector chooses, each asked for itself', () => {
    expect(policy({ ...ref, name: 'l1' }).denial(configMap({ n: '4' }))).toBe('');
    expect(policy({ ...ref, name: 'l2' }).denial(configMap({ n: '4' }))).toContain('failed expression');
    const bySelector = policy({ ...ref, selector: { matchLabels: { set: 'x' } } });
    expect(bySelector.denial(configMap({ n: '4' }))).toContain('failed expression');
    expect(bySelector.denial(configMap({ n: '3' }))).toBe('');
  });

  it.each([
    [
      { ...ref, name: 'none' },
      {},
      `failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    ],
    [{ ...ref, name: 'none', parameterNotFoundAction: 'Allow' }, {}, ''],
    [{ ...ref, name: 'none' }, { failurePolicy: 'Ignore' }, ''],
  ])('that are not there deny, or not: %j', (paramRef, more, text) => {
    expect(policy(paramRef, more).denial(configMap({ n: '4' }))).toBe(text === '' ? '' : `${DENIED}${text}`);
  });

  it('of a kind that there is none of are the policy’s own fault', () => {
    expect(
      given({ paramKind: { apiVersion: 'x.example.com/v1', kind: 'X' }, ...rule('true') }, { paramRef: ref }).denial(),
    ).toBe(
      `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.example.com/v1, Kind=X'`,
    );
  });
});

describe('a binding', () => {
  it('warns and notes instead of denying', () => {
    const policies = given(rule('false', { message: 'not so' }), { validationActions: ['Warn', 'Audit'] });
    expect(policies.denial()).toBe('');
    expect(policies.warnings).toEqual([
      `Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-binding': not so`,
    ]);
    expect(JSON.parse(policies.annotations['validation.policy.admission.k8s.io/validation_failure'] ?? '')).toEqual([
      { message: 'not so', policy: 'p', binding: 'p-binding', expressionIndex: 0, validationActions: ['Warn', 'Audit'] },
    ]);
  });

  it('is for some of what the policy is for', () => {
    const policies = given(rule('false'), { matchResources: { namespaceSelector: { matchLabels: { env: 'prod' } } } })
      .namespace('prod', { env: 'prod' });
    expect(policies.denial()).toBe('');
    expect(policies.denial(configMap({}, { namespace: 'prod' }))).toContain('denied request');
  });
}); // prettier-ignore

describe('match conditions', () => {
  it('keep a policy from what they are not true of; an error is none where another one is false', () => {
    const conditions = (...expressions: string[]) =>
      given({ matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })), ...rule('false') }).denial();
    expect(conditions('request.userInfo.username != "ann"')).toBe('');
    expect(conditions('request.userInfo.username == "ann"')).toContain('denied request: failed expression');
    expect(conditions('object.nope', 'false')).toBe('');
    expect(conditions('object.nope == 1', 'true')).toContain(`expression 'object.nope == 1' resulted in error: no such key: nope`);
  });
}); // prettier-ignore

describe('audit annotations', () => {
  it('are noted under the policy’s name, unless they come to nothing', () => {
    const auditAnnotations = [
      { key: 'who', valueExpression: '"by " + request.userInfo.username' },
      { key: 'none', valueExpression: 'null' },
      { key: 'empty', valueExpression: '"  "' },
    ];
    const policies = given({ auditAnnotations });
    expect(policies.denial()).toBe('');
    expect(policies.annotations).toEqual({ 'p/who': 'by ann' });
  });
});

describe('budgets', () => {
  it('stop an expression, and all of a policy', () => {
    const many = Object.fromEntries(Array.from({ length: 1_200 }, (_, i) => [`k${i}`, 'v']));
    const square = 'object.data.all(a, object.data.all(b, a + b != "x"))';
    expect(given(rule(square)).denial(configMap(many))).toContain('actual cost limit exceeded');
    const linear = 'object.data.all(a, object.data.all(b, true) || object.data.all(b, true) || a == "")';
    const few = Object.fromEntries(Object.entries(many).slice(0, 350));
    const validations = Array.from({ length: 30 }, () => ({ expression: linear }));
    expect(given({ validations }).denial(configMap(few))).toContain(
      'validation failed due to running out of cost budget',
    );
  }, 20_000);
});

describe('the expressions of a new policy', () => {
  const problems = (spec: object): string[] => {
    const matchConstraints = { resourceRules: rulesFor('configmaps') };
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'p' },
      spec: { matchConstraints, ...spec },
    };
    const result = admitCreate(
      builtIn('validatingadmissionpolicies.admissionregistration.k8s.io'),
      policy,
      admission(),
    );
    return result.ok ? [] : (result.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  };
  it.each<[string, object, RegExp | undefined]>([
    ['sound', { ...rule('object.x == params.y'), paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }, undefined],
    ['no parameters', rule('params.y == 1'), /^spec.validations\[0\].expression: Invalid value: "params.y == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'/],
    ['no bool', rule('"x"'), /must evaluate to bool$/],
    ['dyn', rule('object.x'), /must evaluate to bool$/],
    ['a message that is no text', rule('true', { messageExpression: '1' }), /^spec.validations\[0\].messageExpression: .*must evaluate to string$/],
    ['a message that asks for rights', rule('true', { messageExpression: 'authorizer.path("/").check("get").reason()' }), /undeclared reference to 'authorizer'/],
    ['a variable that comes later', { ...rule('true'), variables: [{ name: 'a', expression: 'variables.b' }, { name: 'b', expression: '1' }] }, /^spec.variables\[0\].expression: .*undefined field 'b'/s],
    ['a condition that is none', { ...rule('true'), matchConditions: [{ name: 'c', expression: '1 +' }] }, /^spec.matchConditions\[0\].expression: .*Syntax error/s],
    ['a field that requests lack', rule('request.nope == 1'), /undefined field 'nope'/],
    ['too many', { validations: Array.from({ length: 301 }, () => ({ expression: 'true' })) }, /^spec.validations: Too many/],
  ])('%s', (_name, spec, expected) => {
    const found = problems(spec);
    if (expected === undefined) expect(found).toEqual([]);
    else expect(found[0]).toMatch(expected);
  }); // prettier-ignore
});
