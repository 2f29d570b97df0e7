import { decode, encode, type Packet } from 'dns-packet';
import { AnswerCache } from './answer-cache';

const answer = (packet: Packet): Buffer =>
  encode({ type: 'response', id: 1, questions: [{ name: 'a.example', type: 'A' }], ...packet });
const record = (ttl: number) => ({ name: 'a.example', type: 'A' as const, ttl, data: '192.0.2.1' });
const soa = (ttl: number, minimum: number) => ({
  name: 'example',
  type: 'SOA' as const,
  ttl,
  data: { mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
});

describe('answers of other servers', () => {
  const ttlAt = (cache: AnswerCache, now: number): number | undefined => {
    const kept = cache.get('k', 9, now);
    if (kept === undefined) return undefined;
    const { id, answers } = decode(kept);
    expect(id).toBe(9);
    return answers?.[0]?.type === 'A' ? answers[0].ttl : -1;
  };

  it('are kept for as long as they allow, with what is left of it', () => {
    const cache = new AnswerCache(10_000);
    cache.keep('k', answer({ answers: [record(20)] }), 1_000);
    expect([ttlAt(cache, 1_000), ttlAt(cache, 6_500), ttlAt(cache, 20_999), ttlAt(cache, 21_000)]).toEqual([
      20,
      15,
      1,
      undefined,
    ]);
  });

  it.each<[string, Packet, number | undefined]>([
    ['never for longer than 30 s', { answers: [record(3_600)] }, 30],
    ['by the least of their times', { answers: [record(9), record(4)] }, 4],
    ['not at all without a time', { answers: [record(0)] }, undefined],
    ['that there is nothing, for 5 s at most', { authorities: [soa(600, 600)] }, 5],
    ['that there is nothing, for less', { authorities: [soa(600, 2)] }, 2],
    ['that there is nothing, not without a word on how long', {}, undefined],
    ['that there is no such name', { flags: 3, authorities: [soa(600, 600)] }, 5],
    ['no failure', { flags: 2, answers: [record(20)] }, undefined],
    ['nothing that was cut off', { flags: 0x0200, answers: [record(20)] }, undefined],
  ])('are kept %s', (_title, packet, seconds) => {
    const cache = new AnswerCache(10_000);
    cache.keep('k', answer(packet), 0);
    const isKept = (ms: number): boolean => cache.get('k', 1, ms) !== undefined;
    if (seconds === undefined) return expect(isKept(0)).toBe(false);
    expect([isKept(0), isKept(seconds * 1_000)]).toEqual([true, false]);
    cache.keep('k', answer(packet), 0);
    expect(isKept(seconds * 1_000 - 1)).toBe(true);
  });

  it('are kept within a bound; those that were not used go first', () => {
    const cache = new AnswerCache(2_000);
    for (let i = 0; i < 4; i++) cache.keep(`k${i}`, answer({ answers: [record(20)] }), 0);
    expect(cache.get('k0', 1, 0)).toBeDefined();
    for (let i = 4; i < 6; i++) cache.keep(`k${i}`, answer({ answers: [record(20)] }), 0);
    expect([0, 1, 5].map((i) => cache.get(`k${i}`, 1, 0) !== undefined)).toEqual([true, false, true]);
  });

  it('that are malformed are not kept, however they are cut', () => {
    const whole = answer({ answers: [record(20)], authorities: [soa(1, 1)] });
    const cache = new AnswerCache(10_000);
    for (let length = 0; length < whole.length; length++) cache.keep('k', whole.subarray(0, length), 0);
    expect(cache.get('k', 1, 0)).toBeUndefined();
  });
});
