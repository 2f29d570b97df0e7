import type { WebhookQuestion } from '@shiplog/admission';
import { pino, type Logger } from 'pino';
import { Limiter, TurnTimeout } from './limiter';
import { WebhookAsker } from './webhook-asker';
import { WebhookFailed, type PostOptions, type WebhookClient } from './webhook-client';

const question = (more: object = {}): WebhookQuestion =>
  ({ key: 'k', type: 'mutating', configuration: 'c', webhook: 'w', clientConfig: { url: 'https://x/' }, timeoutSeconds: 1, reviewVersion: 'v1', request: { operation: 'CREATE' }, resource: 'pods', ...more }) as unknown as WebhookQuestion; // prettier-ignore
type Review = { request: { uid: string; operation: string }; apiVersion: string; kind: string };
/** What becomes of a question when it is answered so. */
const answered = async (respond: (review: Review) => unknown, more?: object): Promise<unknown> => {
  const client: Pick<WebhookClient, 'post'> = {
    post: (_config, body) => Promise.resolve().then(() => respond(JSON.parse(body) as Review)),
  };
  const [item] = await new WebhookAsker(client, pino({ level: 'silent' })).ask([question(more)], 7);
  expect(item).toMatchObject({ basis: 7, question: question(more) });
  return item?.answer;
};
const review = (response: object, { apiVersion, kind }: Pick<Review, 'apiVersion' | 'kind'> = V1) => ({
  apiVersion,
  kind,
  response,
});
const V1 = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
const patch = [{ op: 'add', path: '/a', value: 1 }];

describe('the answer of a webhook', () => {
  it('is what it says in a review of the same uid', async () => {
    const response = { allowed: true, patchType: 'JSONPatch', patch: base64(patch), warnings: ['w', 7], auditAnnotations: { a: 'b', c: 1 }, status: { code: 1, message: 'm' } };
    expect(await answered(({ request: { uid }, ...rest }) => review({ uid, ...response }, rest))).toEqual({
      allowed: true, patch, warnings: ['w'], auditAnnotations: { a: 'b' }, status: { code: 1, message: 'm' },
    });
    expect(await answered(({ request: { uid } }) => review({ uid, allowed: 'true' }))).toEqual({ allowed: false });
  });

  it('has no patch of one that validates', async () => {
    expect(await answered(({ request: { uid } }) => review({ uid, allowed: true, patch: base64(patch) }), { type: 'validating' })).toEqual({ allowed: true });
  });

  it.each<[string, (review: Review) => unknown, string]>([
    ['nothing', () => null, 'webhook response was absent'],
    ['no response', () => V1, 'webhook response was absent'],
    ['another uid', () => review({ uid: 'x', allowed: true }), 'expected response.uid='],
    ['another kind', ({ request: { uid } }) => review({ uid }, { ...V1, kind: 'Pod' }), 'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1, Kind=Pod'],
    ['a patch of no type', ({ request: { uid } }) => review({ uid, patch: base64(patch) }), 'webhook returned response.patch but not response.patchType'],
    ['a type of no patch', ({ request: { uid } }) => review({ uid, patchType: 'JSONPatch' }), 'webhook returned response.patchType but not response.patch'],
    ['another type of patch', ({ request: { uid } }) => review({ uid, patch: base64(patch), patchType: 'X' }), 'webhook returned invalid response.patchType of "X"'],
    ['a patch that is no JSON', ({ request: { uid } }) => review({ uid, patch: base64('{'), patchType: 'JSONPatch' }), 'received undecodable patch'],
    ['a patch that is no list', ({ request: { uid } }) => review({ uid, patch: base64({}), patchType: 'JSONPatch' }), 'received undecodable patch'],
  ])('is a failure where it is %s', async (_what, respond, text) => {
    expect(await answered(respond)).toEqual({ failure: expect.stringContaining(`received invalid webhook response: ${text}`) as string });
  });

  it('is a failure, whatever is thrown', async () => {
    const throwing = (error: Error) => answered(() => { throw error; });
    expect(await throwing(new WebhookFailed('Post "x": no'))).toEqual({ failure: 'failed to call webhook: Post "x": no' });
    expect(await throwing(new TypeError('odd'))).toEqual({ failure: 'failed to call webhook: odd' });
  });

  it('is asked for in v1beta1 where a webhook knows no other', async () => {
    let asked = '';
    await answered(({ apiVersion, request: { uid } }) => { asked = apiVersion; return review({ uid, allowed: true }); }, { reviewVersion: 'v1beta1' });
    expect(asked).toBe('admission.k8s.io/v1beta1');
  });
}); // prettier-ignore

it('of calls so many are under way at once, of one kind fewer', async () => {
  const limiter = new Limiter(3, 2);
  const running: string[] = [];
  const ends: (() => void)[] = [];
  const begin = (kind: string) =>
    limiter.run(kind, () => {
      running.push(kind);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = ['a', 'a', 'a', 'b', 'b'].map(begin);
  await Promise.resolve();
  expect(running).toEqual(['a', 'a', 'b']);
  for (let i = 0; i < 5; i++) {
    ends[i]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  expect(running).toEqual(['a', 'a', 'b', 'a', 'b']);
});

it('whoever leaves waits no longer for a turn, nor does who has no more time, and they take none of the others', async () => {
  const limiter = new Limiter(1, 1);
  const left = new AbortController();
  const turns: string[] = [];
  let end = (): void => undefined;
  const first = limiter.run('a', () => new Promise<void>((resolve) => (end = resolve)));
  const second = limiter.run('a', () => Promise.resolve(turns.push('second')), left);
  const third = limiter.run('a', () => Promise.resolve(turns.push('third')));
  const hurried = limiter.run('a', () => Promise.resolve(turns.push('hurried')), { withinMs: 1 });
  await expect(hurried).rejects.toThrow(TurnTimeout);
  left.abort(new Error('left'));
  await expect(second).rejects.toThrow('left');
  await expect(limiter.run('b', () => Promise.resolve(turns.push('late')), left)).rejects.toThrow('left');
  end();
  await Promise.all([first, third]);
  expect(turns).toEqual(['third']);
});

it('what is asked for somebody who leaves has failed, and is no defect', async () => {
  const left = new AbortController();
  const errors: unknown[] = [];
  const logger = { error: (error: unknown) => errors.push(error) } as unknown as Logger;
  const post = (_config: unknown, _body: string, { signal }: PostOptions): Promise<unknown> =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
  const asked = new WebhookAsker({ post }, logger).ask([question()], 1, left.signal);
  left.abort(new Error('left'));
  expect((await asked)[0]?.answer).toEqual({ failure: 'failed to call webhook: context canceled' });
  expect(errors).toEqual([]);
});

it('a webhook that can not be asked in its time, because others take theirs, is late', async () => {
  const post = (_config: unknown, _body: string, { timeoutSeconds }: PostOptions): Promise<unknown> =>
    timeoutSeconds < 1 ? Promise.reject(new WebhookFailed('asked')) : new Promise(() => undefined);
  const asker = new WebhookAsker({ post }, pino({ level: 'silent' }));
  const hanging = Array.from({ length: 256 }, (_, i) => question({ webhook: `w${i % 4}` }));
  void asker.ask(hanging, 1);
  const [late] = await asker.ask([question({ webhook: 'other', timeoutSeconds: 0.01 })], 1);
  expect(late?.answer).toEqual({ failure: 'failed to call webhook: context deadline exceeded' });
});
