import type { AnsweredQuestion, WebhookQuestion } from '@shiplog/admission';
import type { AnyCommand, WebhookAnswer } from '@shiplog/contracts';
import { createConfigMap, deleteConfigMap, freshId, patchConfigMap } from '../testing/commands';
import { LIMITS, namesIn, setUp, turns } from './testing/given-writer';
import { RecentCommands } from './recent-commands';

const CONTROLLER = { principal: { kind: 'controller', name: 'main' } } as const;

/** A webhook for ConfigMaps, or for those of a name, that is answered when the spec says so. */
async function given(more: object = {}) {
  const asked: { question: WebhookQuestion; basis: number; answer: (answer?: WebhookAnswer) => Promise<void> }[] = [];
  const ask = (questions: readonly WebhookQuestion[], basis: number): Promise<AnsweredQuestion[]> =>
    Promise.all(
      questions.map(
        (question) =>
          new Promise<AnsweredQuestion>((resolve) => {
            const answer = async (said: WebhookAnswer = { allowed: true }): Promise<void> => {
              resolve({ question, basis, answer: said });
              await turns();
            };
            asked.push({ question, basis, answer });
          }),
      ),
    );
  const writer = setUp({ ask });
  await writer.start();
  const webhook = {
    name: 'w.example.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: 'https://x/' },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
    ...more,
  };
  const object = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'c' },
    webhooks: [webhook],
  };
  const data = { resource: 'mutatingwebhookconfigurations.admissionregistration.k8s.io', namespace: '', object };
  await writer.submit({ id: freshId(), type: 'CreateObject', actor: 'system:shiplog:api', data } as AnyCommand);
  await writer.store.end();
  writer.store.commits.length = 0;
  return { ...writer, asked };
}

describe('a command that webhooks are asked about', () => {
  it('is decided with their answers, which its event holds; others are not held up', async () => {
    const { store, submit, replies, asked } = await given({ objectSelector: { matchLabels: { asked: 'yes' } } });
    const command = createConfigMap('a', {}, 'c1');
    const labelled = structuredClone(command) as Extract<AnyCommand, { type: 'CreateObject' }>;
    labelled.data.object.metadata.labels = { asked: 'yes' };
    await submit(labelled, createConfigMap('b', {}, 'c2'));
    await store.end();
    expect([replies.has('c1'), replies.has('c2')]).toEqual([false, true]);
    await asked[0]!.answer({ allowed: true, patch: [{ op: 'add', path: '/data', value: { from: 'webhook' } }] });
    await store.end();
    expect(replies.get('c1')).toMatchObject({ ok: true });
    const [event] = store.commits.at(-1)!.events;
    expect(event).toMatchObject({
      name: 'a',
      data: {
        object: { data: { from: 'webhook' } },
        admission: { webhooks: [{ configuration: 'c', webhook: 'w.example.com', basis: 2, answer: { allowed: true } }] },
      },
    });
    expect(asked).toHaveLength(1);
  });

  it('is asked about once, however often it comes', async () => {
    const { store, submit, seen, asked } = await given();
    await submit(createConfigMap('a', {}, 'c1'));
    for (let i = 0; i < 5; i++) await submit(createConfigMap('a', {}, 'c1'));
    expect(asked).toHaveLength(1);
    await asked[0]!.answer();
    await store.end();
    expect(seen.filter((item) => item === 'answered c1')).toHaveLength(6);
    await submit(createConfigMap('a', {}, 'c1'));
    expect(asked).toHaveLength(1);
  });

  it('shows nothing that is not committed', async () => {
    const { store, submit, asked } = await given({ rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['configmaps'] }] });
    await submit(createConfigMap('a', { n: '1' }), patchConfigMap('a', { n: '2' }));
    expect(asked).toHaveLength(0);
    await store.end();
    expect(asked).toHaveLength(1);
  });

  it('is asked about again when its object is another one by then, and not for ever', async () => {
    const { store, submit, replies, asked } = await given({ rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['configmaps'] }], matchConditions: [{ name: 'mine', expression: 'object.data.n == "mine"' }] });
    await submit(createConfigMap('a', { n: '0' }));
    await store.end();
    await submit(patchConfigMap('a', { n: 'mine' }, 'mine'));
    for (let i = 1; i <= 5; i++) {
      expect(asked).toHaveLength(i);
      await submit(patchConfigMap('a', { n: `${i}` }));
      await store.end();
      await asked.at(-1)!.answer();
    }
    await store.end();
    expect(asked).toHaveLength(5);
    expect(replies.get('mine')).toMatchObject({ ok: false, status: { code: 409, reason: 'Conflict' } });
  });

  it('is decided though others changed what it was not asked about', async () => {
    const { store, submit, replies, asked } = await given();
    await submit(createConfigMap('a', {}, 'c1'));
    await submit(createConfigMap('b', {}, 'c2'));
    await asked[1]!.answer();
    await store.end();
    await asked[0]!.answer();
    await store.end();
    expect([replies.get('c1'), replies.get('c2')]).toMatchObject([{ ok: true, position: 4 }, { ok: true, position: 3 }]);
    expect(asked).toHaveLength(2);
  });

  it('is refused by them for good', async () => {
    const { store, submit, replies, asked } = await given();
    await submit(createConfigMap('a', {}, 'c1'));
    await asked[0]!.answer({ allowed: false, status: { message: 'no' }, warnings: ['careful'] });
    await store.end();
    const refused = { ok: false, status: { message: 'admission webhook "w.example.com" denied the request: no' }, warnings: ['careful'] };
    expect(replies.get('c1')).toMatchObject(refused);
    expect(store.logged.get('c1')).toMatchObject(refused);
  });

  it('is not answered by a journal that stops, and asked about by the next one', async () => {
    const { store, writer, submit, replies, asked } = await given();
    await submit(createConfigMap('a', {}, 'c1'));
    await writer.stop();
    await asked[0]!.answer();
    expect([replies.has('c1'), store.commits]).toEqual([false, []]);
  });

  it('keeps its answers when what it was decided on is dropped', async () => {
    const { store, submit, replies, asked } = await given({ objectSelector: { matchLabels: { asked: 'yes' } } });
    store.logged.set('old', { ok: true, position: 1, events: 1 });
    const labelled = structuredClone(createConfigMap('a', {}, 'c1')) as Extract<AnyCommand, { type: 'CreateObject' }>;
    labelled.data.object.metadata.labels = { asked: 'yes' };
    await submit(labelled);
    await submit(createConfigMap('x', {}, 'old'));
    await asked[0]!.answer();
    await store.end('repeated-command');
    await store.end();
    await store.end();
    expect(replies.get('c1')).toMatchObject({ ok: true });
    expect(asked).toHaveLength(1);
  });

  it('may be a deletion of many: each of them is asked about', async () => {
    const { store, submit, replies, asked } = await given({ rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['configmaps'] }] });
    await submit(...Array.from({ length: 130 }, (_, i) => createConfigMap(`a-${i}`)));
    for (let i = 0; i < 3; i++) await store.end();
    const data = { resource: 'configmaps', namespace: 'default' };
    await submit({ id: 'all', type: 'DeleteCollection', actor: 'admin', data } as AnyCommand);
    expect(asked).toHaveLength(100);
    for (const { answer } of asked.slice(0, 100)) await answer({ allowed: true });
    await store.end();
    expect(asked).toHaveLength(130);
    for (const { answer } of asked.slice(100)) await answer({ allowed: false });
    await store.end();
    await store.end();
    expect(replies.get('all')).toMatchObject({ ok: true, events: 100 });
  });

  it('is followed by what its sender asks of the same object, in that order; others go on', async () => {
    const { store, send, replies, asked } = await given({ rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] });
    const asUser = (command: AnyCommand): AnyCommand => ({ ...command, actor: 'system:shiplog:controller' });
    await send(CONTROLLER, asUser(createConfigMap('a', { n: '1' }, 'c1')), asUser(patchConfigMap('a', { n: '2' }, 'c2')), asUser(deleteConfigMap('a', 'c3')));
    expect(['c1', 'c2', 'c3'].some((id) => replies.has(id))).toBe(false);
    await asked[0]!.answer();
    for (let i = 0; i < 3; i++) await store.end();
    expect([replies.get('c1'), replies.get('c2'), replies.get('c3')]).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    expect(store.commits.flatMap(namesIn)).toEqual(['a', 'a', 'a']);
  });
}); // prettier-ignore

it('without anybody to ask, what must be asked is turned away', async () => {
  const { submit, replies, store, start } = setUp({ recent: new RecentCommands(LIMITS) });
  await start();
  const webhooks = [{ name: 'w.example.com', admissionReviewVersions: ['v1'], sideEffects: 'None', clientConfig: { url: 'https://x/' }, rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }] }];
  const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'c' }, webhooks };
  const data = { resource: 'validatingwebhookconfigurations.admissionregistration.k8s.io', namespace: '', object };
  await submit({ id: 'w', type: 'CreateObject', actor: 'system:shiplog:api', data } as AnyCommand);
  await store.end();
  await submit(createConfigMap('a', {}, 'c1'));
  expect(replies.get('c1')).toMatchObject({ ok: false, status: { code: 429 } });
}); // prettier-ignore
