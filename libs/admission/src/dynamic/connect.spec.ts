import { builtIn, type KubeObject, type WebhookAnswer } from '@shiplog/contracts';
import { stored } from '../testing/builders';
import { decideConnection } from './connect';
import { GivenPolicies } from './testing/policies';
import { AskedQuestions } from './webhooks/asked';
import type { WebhookQuestion } from './webhooks/question';

const rules = (...resources: string[]) => [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources },
];
const forExec = { resourceRules: rules('pods/exec') };
const asked = { apiVersion: 'v1', kind: 'PodExecOptions', metadata: {}, command: ['sh'], stdin: true, tty: false };

type Answer = WebhookAnswer | ((question: WebhookQuestion) => WebhookAnswer);
/** A cluster with webhooks for exec, by their names; what they answer; and what becomes of connections there. */
class GivenWebhooks extends GivenPolicies {
  readonly #answers = new Map<string, Answer>();
  /** Which webhooks were asked at once, time after time. */
  readonly rounds: string[][] = [];
  readonly questions: WebhookQuestion[] = [];

  webhook(type: 'Mutating' | 'Validating', name: string, answer: Answer, more: object = {}): this {
    this.#answers.set(name, answer);
    const webhook = { name, admissionReviewVersions: ['v1'], sideEffects: 'None', clientConfig: { url: 'https://x/' }, rules: forExec.resourceRules, failurePolicy: 'Fail', ...more };
    const kind = `${type}WebhookConfiguration` as const;
    const configuration = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks: [webhook] };
    this.cluster.put(`${type === 'Mutating' ? 'mutating' : 'validating'}webhookconfigurations.admissionregistration.k8s.io`, stored(configuration as KubeObject));
    return this;
  } // prettier-ignore

  connect(subresource = 'exec', options: object = asked) {
    const questions = new AskedQuestions();
    const request = { user: this.user, row: builtIn('pods'), subresource, namespace: 'default', name: 'web' };
    for (;;) {
      this.warnings = [];
      const about = { ...request, options: options as KubeObject };
      const decision = decideConnection(this.cluster, about, questions.answers, this.warnings);
      if (decision.kind !== 'asking') return decision;
      if (!questions.mayAsk(decision.questions)) throw new Error('asked for ever');
      this.rounds.push(decision.questions.map(({ webhook }) => webhook));
      this.questions.push(...decision.questions);
      questions.take(decision.questions.map((question) => this.#answered(question)));
    }
  }

  #answered(question: WebhookQuestion) {
    const answer = this.#answers.get(question.webhook) ?? { failure: 'unknown' };
    return { question, basis: 1, answer: typeof answer === 'function' ? answer(question) : answer };
  }
}

const allow: WebhookAnswer = { allowed: true };
const deny: WebhookAnswer = { allowed: false, status: { message: 'not so' } };
const patching = (...patch: object[]): WebhookAnswer => ({ allowed: true, patch });
const denied = (code: number, message: string) => ({ kind: 'denied', status: { code, message } });
const allowed = { kind: 'allowed' };

describe('policies', () => {
  it('say who may connect to what, and how', () => {
    const validations = [
      { expression: 'object.kind != "PodExecOptions" || object.command[0] != "sh"', message: 'no shells' },
    ];
    const policies = new GivenWebhooks().policy('p', { matchConstraints: forExec, validations });
    const message = `pods "web" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-binding' denied request: no shells`;
    expect(policies.connect()).toMatchObject(denied(422, message));
    expect(policies.connect('attach')).toEqual(allowed);
    expect(new GivenWebhooks().connect()).toEqual(allowed);
  });

  it.each([
    ['has(object.metadata) || has(object.tty)', false],
    ['object.stdin == true', true],
    ['request.options == null', true],
    ['request.subResource == "exec" && request.kind.kind == "PodExecOptions" && request.resource.resource == "pods"', true],
  ])('see the options as the API has them: %s', (expression, holds) => {
    const policies = new GivenWebhooks().policy('p', { matchConstraints: forExec, validations: [{ expression }] });
    expect(policies.connect().kind).toBe(holds ? 'allowed' : 'denied');
  }); // prettier-ignore

  it('choose no connection by labels, which it has none of', () => {
    const objectSelector = { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] };
    const matchConstraints = { ...forExec, objectSelector };
    const policies = new GivenWebhooks().policy('p', { matchConstraints, validations: [{ expression: 'false' }] });
    expect(policies.connect()).toEqual(allowed);
  });

  it('that mutate patch the options, and apply no configuration to them', () => {
    const patch = { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "replace", path: "/command", value: ["ls"]}]' } };
    const matchConstraints = { matchConstraints: forExec };
    expect(new GivenWebhooks().mutating('m', [patch], matchConstraints).connect()).toMatchObject({ changed: { command: ['ls'] } });
    const apply = { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"a": "b"}}}' } };
    expect(new GivenWebhooks().mutating('m', [apply], matchConstraints).connect()).toMatchObject({
      status: { message: expect.stringContaining('no corresponding type for /v1, Kind=PodExecOptions') as string },
    });
  }); // prettier-ignore
});

describe('webhooks', () => {
  it('that mutate are asked first, one after the other; then those that validate, at once', () => {
    const webhooks = new GivenWebhooks();
    for (const name of ['m1', 'm2']) webhooks.webhook('Mutating', name, allow);
    for (const name of ['v1', 'v2']) webhooks.webhook('Validating', name, allow);
    expect(webhooks.connect()).toEqual(allowed);
    expect(webhooks.rounds).toEqual([['m1'], ['m2'], ['v1', 'v2']]);
  });

  it('are shown the options as an object, and who asks', () => {
    const webhooks = new GivenWebhooks().webhook('Validating', 'v', allow);
    webhooks.connect();
    const kind = { group: '', version: 'v1', kind: 'PodExecOptions' };
    const resource = { group: '', version: 'v1', resource: 'pods' };
    expect(webhooks.questions[0]?.request).toEqual({
      kind, resource, subResource: 'exec', requestKind: kind, requestResource: resource, requestSubResource: 'exec',
      name: 'web', namespace: 'default', operation: 'CONNECT', userInfo: webhooks.user, dryRun: false, options: null,
      object: { apiVersion: 'v1', kind: 'PodExecOptions', command: ['sh'], stdin: true }, oldObject: null,
    }); // prettier-ignore
  });

  const dead: WebhookAnswer = { failure: 'failed to call webhook: Post "https://x/": no' };
  const failing = 'Internal error occurred: failed calling webhook "w": failed to call webhook: Post "https://x/": no';
  const refused = 'admission webhook "w" denied the request: not so';
  it.each<[string, 'Mutating' | 'Validating', Answer, object, object]>([
    ['deny', 'Validating', deny, {}, denied(400, refused)],
    ['deny and mutate', 'Mutating', deny, {}, denied(400, refused)],
    ['are dead', 'Validating', dead, {}, denied(500, failing)],
    ['mutate and are dead', 'Mutating', dead, {}, denied(500, failing)],
    ['are dead, and may be passed over', 'Validating', dead, { failurePolicy: 'Ignore' }, allowed],
    ['mutate, are dead, and may be passed over', 'Mutating', dead, { failurePolicy: 'Ignore' }, allowed],
  ])('that %s', (_what, type, answer, more, expected) => {
    expect(new GivenWebhooks().webhook(type, 'w', answer, more).connect()).toMatchObject(expected);
  });

  const expression = (text: string) => ({ matchConditions: [{ name: 'c', expression: text }] });
  it.each<[string, object, boolean]>([
    ['every part of pods', { rules: rules('pods/*') }, true],
    ['every part of all', { rules: rules('*/*') }, true],
    ['every operation', { rules: [{ ...rules('pods/exec')[0], operations: ['*'] }] }, true],
    ['pods themselves', { rules: rules('pods') }, false],
    ['all but parts', { rules: rules('*') }, false],
    ['attach', { rules: rules('pods/attach') }, false],
    ['creations', { rules: [{ ...rules('pods/exec')[0], operations: ['CREATE'] }] }, false],
    ['the cluster', { rules: [{ ...rules('pods/exec')[0], scope: 'Cluster' }] }, false],
    ['a namespace', { namespaceSelector: { matchLabels: { team: 'blue' } } }, true],
    ['another namespace', { namespaceSelector: { matchLabels: { team: 'red' } } }, false],
    ['labels', { objectSelector: { matchLabels: { a: 'b' } } }, false],
    ['shells', expression('"sh" in object.command'), true],
    ['others', expression('request.userInfo.username == "bob"'), false],
  ])('are for %s', (_what, more, isAsked) => {
    const webhooks = new GivenWebhooks().namespace('default', { team: 'blue' }).webhook('Validating', 'w', deny, more);
    expect(webhooks.connect().kind).toBe(isAsked ? 'denied' : 'allowed');
    expect(webhooks.rounds).toHaveLength(isAsked ? 1 : 0);
  });

  it('whose conditions break deny, unless they may be passed over', () => {
    const broken = expression('object.nope');
    expect(new GivenWebhooks().webhook('Validating', 'w', allow, broken).connect()).toMatchObject({ status: { code: 403 } });
    const passed = new GivenWebhooks().webhook('Validating', 'w', deny, { ...broken, failurePolicy: 'Ignore' });
    expect(passed.connect()).toEqual(allowed);
  }); // prettier-ignore

  it('are not asked once a policy denies', () => {
    const webhooks = new GivenWebhooks()
      .webhook('Validating', 'v', allow)
      .policy('p', { matchConstraints: forExec, validations: [{ expression: 'false' }] });
    expect(webhooks.connect().kind).toBe('denied');
    expect(webhooks.rounds).toEqual([]);
  });

  it('warn, whatever they answer', () => {
    const webhooks = new GivenWebhooks()
      .webhook('Mutating', 'm', { ...allow, warnings: ['careful'] })
      .webhook('Validating', 'v', { ...deny, warnings: ['look here'] });
    webhooks.connect();
    expect(webhooks.warnings).toEqual(['careful', 'look here']);
  });
});

describe('the options that a webhook makes', () => {
  it('are shown to those after it, and connected with', () => {
    const webhooks = new GivenWebhooks()
      .webhook('Mutating', 'm', patching({ op: 'replace', path: '/command', value: ['ls'] }, { op: 'add', path: '/odd', value: 1 }))
      .webhook('Validating', 'v', allow);
    const options = { apiVersion: 'v1', kind: 'PodExecOptions', command: ['ls'], stdin: true };
    expect(webhooks.connect()).toEqual({ kind: 'allowed', changed: options });
    expect(webhooks.questions.at(-1)?.request.object).toEqual(options);
  }); // prettier-ignore

  it('have it asked again where it wants to be', () => {
    const add = ({ request }: WebhookQuestion) =>
      patching({ op: 'add', path: '/command/-', value: `${(request.object?.['command'] as string[]).length}` });
    const webhooks = new GivenWebhooks()
      .webhook('Mutating', 'm1', add, { reinvocationPolicy: 'IfNeeded' })
      .webhook('Mutating', 'm2', add);
    expect(webhooks.connect()).toMatchObject({ changed: { command: ['sh', '1', '2', '3'] } });
    expect(webhooks.rounds).toEqual([['m1'], ['m2'], ['m1']]);
  });

  it.each([
    ['a text for a flag', { op: 'add', path: '/tty', value: 'yes' }, 'json: cannot unmarshal string into Go struct field PodExecOptions.tty of type bool'],
    ['a number for a word', { op: 'add', path: '/command/-', value: 7 }, 'json: cannot unmarshal number into Go struct field PodExecOptions.command of type string'],
    ['a text for words', { op: 'add', path: '/command', value: 'ls' }, 'json: cannot unmarshal string into Go struct field PodExecOptions.command of type []string'],
    ['another kind', { op: 'replace', path: '/kind', value: 'Pod' }, 'converting (v1.Pod) to (core.PodExecOptions): unknown conversion'],
    ['no object', { op: 'replace', path: '', value: 7 }, ''],
    ['what does not apply', { op: 'remove', path: '/nope' }, ''],
  ])('are none when they are %s', (_what, patch, text) => {
    const decision = new GivenWebhooks().webhook('Mutating', 'm', patching(patch)).connect();
    expect(decision).toMatchObject({ kind: 'denied', status: { code: 500, message: expect.stringMatching(/^Internal error occurred: /) as string } });
    expect(decision).toMatchObject({ status: { message: expect.stringContaining(text) as string } });
  }); // prettier-ignore
});
