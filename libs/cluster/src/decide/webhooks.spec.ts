import type { WebhookQuestion } from '@shiplog/admission';
import type { WebhookAnswer } from '@shiplog/contracts';
import { cluster, create, createPod, patch, remove, type Asked, type TestCluster } from './testing/given';

const MUTATING = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';
const VALIDATING = 'validatingwebhookconfigurations.admissionregistration.k8s.io';

const rules = (resources: string[], operations = ['*']) => [
  { apiGroups: ['*'], apiVersions: ['*'], operations, resources, scope: '*' },
];
const webhook = (name: string, more: object = {}) => ({
  name: `${name}.example.com`,
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { url: `https://${name}.example.com/` },
  rules: rules(['configmaps']),
  ...more,
});
/** A cluster with webhooks, by the names of their configurations; how they answer is by their names. */
function given(
  {
    mutating = {},
    validating = {},
  }: Record<'mutating' | 'validating', Record<string, object[]>> | Record<string, Record<string, object[]>>,
  answers: Record<string, WebhookAnswer | ((question: WebhookQuestion) => WebhookAnswer)> = {},
): TestCluster {
  const at = cluster('n1');
  for (const [name, webhooks] of Object.entries(mutating)) at.given(create(MUTATING, name, { webhooks }));
  for (const [name, webhooks] of Object.entries(validating)) at.given(create(VALIDATING, name, { webhooks }));
  at.webhooks = (question) => {
    const answer = answers[question.webhook.replace('.example.com', '')] ?? { allowed: true };
    return typeof answer === 'function' ? answer(question) : answer;
  };
  return at;
}
const asked = (at: TestCluster): string[] => at.questions.map(({ webhook: name }) => name.replace('.example.com', ''));
const add = (key: string, value: string): WebhookAnswer => ({
  allowed: true,
  patch: [{ op: 'add', path: `/data/${key}`, value }],
});
const configMap = (data: Record<string, string> = { k: 'v' }): Asked => create('configmaps', 'c', { data });
const dataOf = (at: TestCluster): unknown => at.get('configmaps', 'default', 'c')?.data;

describe('mutating webhooks', () => {
  it('change what is written one after the other, by the names of their configurations', () => {
    const at = given(
      { mutating: { b: [webhook('b1'), webhook('b2')], a: [webhook('a1')] } },
      { a1: add('x', 'a1'), b1: ({ request }) => add('x', `${(request.object?.['data'] as { x: string }).x} b1`), b2: add('y', 'b2') },
    );
    const { events } = at.when(configMap());
    expect(asked(at)).toEqual(['a1', 'b1', 'b2']);
    expect(dataOf(at)).toEqual({ k: 'v', x: 'a1 b1', y: 'b2' });
    const call = (configuration: string, name: string) => ({ configuration, webhook: `${name}.example.com`, basis: expect.any(Number) as number, answer: { allowed: true } });
    expect(events).toMatchObject([{ data: { admission: { webhooks: [call('a', 'a1'), call('b', 'b1'), call('b', 'b2')] } } }]);
  });

  it('are asked again when others change the object after them, if they want to be', () => {
    const count = ({ request }: WebhookQuestion) => add('n', String(Object.keys((request.object?.['data'] ?? {}) as object).length));
    const at = given({ mutating: { a: [webhook('a', { reinvocationPolicy: 'IfNeeded' }), webhook('b'), webhook('c')] } }, { a: count, b: add('b', '1'), c: add('c', '2') });
    at.given(configMap());
    expect(asked(at)).toEqual(['a', 'b', 'c', 'a']);
    expect(dataOf(at)).toEqual({ k: 'v', b: '1', c: '2', n: '4' });
  });

  it('see what other changes made of the labels that they go by', () => {
    const labelled = { objectSelector: { matchLabels: { app: 'x' } } };
    const at = given({ mutating: { a: [webhook('a'), webhook('b', labelled)] } }, { a: { allowed: true, patch: [{ op: 'add', path: '/metadata/labels', value: { app: 'x' } }] } });
    at.given(configMap());
    expect(asked(at)).toEqual(['a', 'b']);
  });

  it('get an object with its defaults and without what only the system says; what they make is looked at', () => {
    const pods = { rules: rules(['pods']) };
    const at = given({ mutating: { a: [webhook('a', pods)] } }, { a: { allowed: true, patch: [{ op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 's' } }] } });
    at.given(createPod('p'));
    expect(at.questions[0]?.request.object).toMatchObject({ metadata: { name: 'p' }, spec: { restartPolicy: 'Always' } });
    expect(at.questions[0]?.request.object?.metadata).not.toHaveProperty('uid');
    expect(at.get('pods', 'default', 'p')?.spec).toMatchObject({ containers: [{ name: 'web' }, { name: 'side', terminationMessagePolicy: 'File' }] });
    at.webhooks = () => ({ allowed: true, patch: [{ op: 'replace', path: '/spec/containers/0/name', value: 'Bad!' }] });
    expect(at.when(createPod('q')).rejection).toMatchObject({ code: 422 });
  });

  it.each<[string, WebhookAnswer, string]>([
    ['does not apply', { allowed: true, patch: [{ op: 'remove', path: '/data/nope' }] }, 'Internal error occurred: '],
    ['is none', { allowed: true, patch: [{ op: 'jump' }] }, 'Internal error occurred: '],
    ['makes another kind', { allowed: true, patch: [{ op: 'replace', path: '/kind', value: 'Secret' }] }, 'Internal error occurred: '],
    ['moves it to another namespace', { allowed: true, patch: [{ op: 'replace', path: '/metadata/namespace', value: 'kube-system' }] }, 'the namespace of the provided object does not match the namespace sent on the request'],
  ])('whose patch %s make a request fail', (_what, answer, message) => {
    const at = given({ mutating: { a: [webhook('a')] } }, { a: answer });
    expect(at.when(configMap()).rejection?.message).toContain(message);
  });
}); // prettier-ignore

describe('validating webhooks', () => {
  it('are asked all at once, after all that mutates, with the object as it is to be', () => {
    const at = given({ validating: { a: [webhook('v1'), webhook('v2')] }, mutating: { z: [webhook('m')] } }, { m: add('x', '1') });
    at.given(configMap());
    expect(asked(at)).toEqual(['m', 'v1', 'v2']);
    expect(at.questions[1]?.request.object).toMatchObject({ data: { k: 'v', x: '1' }, metadata: { uid: expect.any(String) as string } });
  });

  it.each<[string, Extract<WebhookAnswer, { allowed: boolean }>, object]>([
    ['without a word', { allowed: false }, { code: 400, message: 'admission webhook "a.example.com" denied the request without explanation' }],
    ['with a message', { allowed: false, status: { message: 'not so' } }, { code: 400, message: 'admission webhook "a.example.com" denied the request: not so' }],
    ['with a reason and a code', { allowed: false, status: { reason: 'Forbidden', code: 403 } }, { code: 403, reason: 'Forbidden', message: 'admission webhook "a.example.com" denied the request: Forbidden' }],
    ['with a code that is none', { allowed: false, status: { code: 200, message: 'x' } }, { code: 400 }],
  ])('deny %s', (_what, answer, status) => {
    const at = given({ validating: { a: [webhook('a')] } }, { a: { ...answer, warnings: ['careful'] } });
    expect(at.when(configMap()).rejection).toMatchObject(status);
  });

  it.each<[string | undefined, object | undefined]>([
    ['Ignore', undefined],
    ['Fail', { code: 500, reason: 'InternalError', message: 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: no' }],
    [undefined, { code: 500 }],
  ])('that fail let pass, or not: %s', (failurePolicy, rejection) => {
    const failing = { a: { failure: 'failed to call webhook: no' } };
    for (const type of ['validating', 'mutating']) {
      const at = given({ [type]: { a: [webhook('a', failurePolicy === undefined ? {} : { failurePolicy })] } }, failing);
      if (rejection === undefined) expect(at.when(configMap()).rejection).toBeUndefined();
      else expect(at.when(configMap()).rejection).toMatchObject(rejection);
    }
  });

  it('warn, and note', () => {
    const at = given({ validating: { a: [webhook('a')] } }, { a: { allowed: true, warnings: ['careful'], auditAnnotations: { reason: 'so' } } });
    const { reply, events } = at.when(configMap());
    expect(reply).toMatchObject({ warnings: ['careful'] });
    expect(events).toMatchObject([{ data: { admission: { annotations: { 'a.example.com/reason': 'so' } } } }]);
  });
}); // prettier-ignore

describe('a webhook is asked', () => {
  const about = (rule: object[], act: (at: TestCluster) => Asked, more: object = {}) => {
    const at = given({ validating: { a: [webhook('a', { rules: rule, ...more })] } });
    const before = at.questions.length;
    at.when(act(at.given(createPod('p'))));
    return at.questions.slice(before).map(({ request: { operation, subResource, kind, name, object, oldObject } }) => ({ operation, subResource, kind: kind.kind, name, new: object !== null, old: oldObject !== null }));
  };
  it.each<[string, object[], (at: TestCluster) => Asked, object]>([
    ['deletions', rules(['pods'], ['DELETE']), () => remove('pods', 'p'), { operation: 'DELETE', new: false, old: true }],
    ['a status', rules(['pods/status']), () => patch('pods', 'p', { status: { phase: 'Failed' } }, 'status'), { operation: 'UPDATE', subResource: 'status', new: true, old: true }],
    ['evictions', rules(['pods/eviction']), () => ({ type: 'EvictPod', data: { namespace: 'default', name: 'p' } }), { operation: 'CREATE', subResource: 'eviction', kind: 'Eviction', new: true, old: false }],
    ['each of several', rules(['pods'], ['DELETE']), () => ({ type: 'DeleteCollection', data: { resource: 'pods', namespace: 'default' } }), { operation: 'DELETE', name: 'p' }],
  ])('of %s', (_what, rule, act, expected) => {
    expect(about(rule, act)).toMatchObject([expected]);
  });

  it('that mutates of what it can’t change, too', () => {
    const all = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['DELETE', 'CREATE'], resources: ['pods', 'pods/eviction'] }];
    const at = given({ mutating: { a: [webhook('a', { rules: all })] } });
    at.given(createPod('p')).given({ type: 'EvictPod', data: { namespace: 'default', name: 'p' } }).given(createPod('q')).given(remove('pods', 'q'));
    expect(at.questions.map(({ request: { operation, kind } }) => `${operation} ${kind.kind}`)).toEqual(['CREATE Pod', 'CREATE Eviction', 'CREATE Pod', 'DELETE Pod']);
    at.given(createPod('r'));
    at.webhooks = () => ({ allowed: true, patch: [{ op: 'add', path: '/metadata/labels', value: {} }] });
    expect(at.when(remove('pods', 'r')).rejection?.message).toContain('attempted to modify the object, which is not supported for this operation');
  });

  it('of nothing that its conditions are not true of', () => {
    const matchConditions = (expression: string) => ({ matchConditions: [{ name: 'c', expression }] });
    const removing = () => remove('pods', 'p');
    expect(about(rules(['pods'], ['DELETE']), removing, matchConditions('request.operation != "DELETE"'))).toEqual([]);
    expect(about(rules(['pods'], ['DELETE']), removing, matchConditions('oldObject.metadata.name == "p"'))).toHaveLength(1);
  });

  it('of no configuration of admission', () => {
    const at = given({ validating: { a: [webhook('a', { rules: rules(['*']) })] } }, { a: { allowed: false } });
    at.given(patch(VALIDATING, 'a', { metadata: { labels: { x: 'y' } } })).given(remove(VALIDATING, 'a')).given(configMap());
    expect(at.questions).toEqual([]);
  });
}); // prettier-ignore
