import { pino } from 'pino';
import type { Pod } from '../domain/pod';
import { pod } from '../testing/builders';
import { PodTokens } from './pod-tokens';
import type { TokenDemand } from './token-query';

const MINUTE = 60_000;

const withTokens = (...demands: TokenDemand[]): Pod =>
  pod({
    volumes: [
      {
        name: 'kube-api-access-abcde',
        projected: { sources: demands.map((demand, i) => ({ serviceAccountToken: { path: `t${i}`, ...demand } })) },
      },
    ],
  });

describe("the tokens of a node's pods", () => {
  let answers: (string | Error)[];
  let asked: TokenDemand[];
  let notes: string[];
  let changes: string[];
  let tokens: PodTokens;
  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0);
    [answers, asked, notes, changes] = [[], [], [], []];
    const query = {
      ask: (_: Pod, demand: TokenDemand) => {
        asked.push(demand);
        const answer = answers.shift() ?? `token-${asked.length}`;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    };
    const say = (_: Pod, type: string, reason: string, message: string): void =>
      void notes.push([type, reason, message].join(' '));
    tokens = new PodTokens(query as never, { say } as never, pino({ level: 'silent' }));
    tokens.onChange((uid) => changes.push(uid));
  });
  afterEach(() => {
    tokens.onApplicationShutdown();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const of = ({ metadata }: Pod, demand: TokenDemand) => tokens.token(metadata.uid, demand);
  const answered = ({ metadata }: Pod) => tokens.answered(metadata.uid, new AbortController().signal);

  it('are asked for once for each audience and lifetime, and none for who asks for none', async () => {
    const [hour, vault] = [{ expirationSeconds: 3600 }, { expirationSeconds: 3600, audience: 'vault' }];
    const asking = withTokens(hour, vault, hour);
    tokens.hold(asking);
    tokens.hold(asking);
    tokens.hold({ ...pod(), metadata: { ...pod().metadata, uid: 'other' } });
    await answered(asking);
    expect(asked).toEqual([
      { path: 't0', ...hour },
      { path: 't1', ...vault },
    ]);
    expect([of(asking, hour), of(asking, vault), of(asking, { audience: 'x' })]).toEqual([
      'token-1',
      'token-2',
      undefined,
    ]);
    expect(changes).toEqual([]);
  });

  it.each([
    ['four fifths of an hour', 3600, 48 * MINUTE],
    ['a day of a year', 365 * 24 * 3600, 24 * 60 * MINUTE],
  ])('are replaced after %s, which their pods hear of', async (_, expirationSeconds, ms) => {
    const asking = withTokens({ expirationSeconds });
    tokens.hold(asking);
    await answered(asking);
    await jest.advanceTimersByTimeAsync(ms - 1);
    expect(of(asking, { expirationSeconds })).toBe('token-1');
    await jest.advanceTimersByTimeAsync(1);
    expect(of(asking, { expirationSeconds })).toBe('token-2');
    expect(changes).toEqual([asking.metadata.uid]);
  });

  it('are waited for while the api refuses or is away, which the pod says once', async () => {
    answers = [new Error('away'), new Error('away')];
    const asking = withTokens({ expirationSeconds: 600 });
    tokens.hold(asking);
    let isReady = false;
    void answered(asking).then(() => (isReady = true));
    await jest.advanceTimersByTimeAsync(300);
    expect([isReady, notes]).toEqual([
      false,
      ['Warning FailedMount MountVolume.SetUp failed for volume "kube-api-access-abcde" : failed to fetch token: away'],
    ]);
    await jest.advanceTimersByTimeAsync(500);
    expect([isReady, notes.length]).toEqual([true, 1]);
  });

  it('stay as they are while no other can be had', async () => {
    answers = ['first', new Error('away'), 'second'];
    const asking = withTokens({ expirationSeconds: 600 });
    tokens.hold(asking);
    await answered(asking);
    await jest.advanceTimersByTimeAsync(8 * MINUTE + 100);
    expect(of(asking, { expirationSeconds: 600 })).toBe('first');
    await jest.advanceTimersByTimeAsync(250);
    expect(of(asking, { expirationSeconds: 600 })).toBe('second');
  });

  it('are forgotten with their pod, and never asked for by one that has ended', async () => {
    const asking = withTokens({ expirationSeconds: 600 });
    tokens.hold(asking);
    await answered(asking);
    tokens.release(asking.metadata.uid);
    await jest.advanceTimersByTimeAsync(60 * MINUTE);
    expect([asked.length, of(asking, { expirationSeconds: 600 })]).toEqual([1, undefined]);
    tokens.hold({ ...asking, status: { phase: 'Succeeded' } });
    expect(asked).toHaveLength(1);
  });

  it('are waited for no longer than their pod is to start', async () => {
    answers = [new Error('away')];
    const asking = withTokens({ expirationSeconds: 600 });
    tokens.hold(asking);
    const starting = new AbortController();
    const waiting = tokens.answered(asking.metadata.uid, starting.signal);
    starting.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});
