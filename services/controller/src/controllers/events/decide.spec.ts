import { momentOf } from '../../runtime/domain/controller';
import { EPOCH, at, bare } from '../../testing/objects';
import { decideEvents } from './decide';

const event = (name: string, told: object = {}, meta: object = {}) =>
  bare('events', name, { creationTimestamp: at(0), resourceVersion: '7', ...meta }, told);
const decided = (events: ReturnType<typeof event>[], seconds: number) =>
  decideEvents({ events, ttlMs: 3_600_000, lookEveryMs: 60_000, now: momentOf(EPOCH + seconds * 1_000) });
const names = ({ commands }: ReturnType<typeof decided>) => commands.map(({ data }) => (data as { name: string }).name);

describe('Events', () => {
  it('go an hour after they were made', () => {
    expect(names(decided([event('old')], 3_599))).toEqual([]);
    const { commands } = decided([event('old'), event('young', {}, { creationTimestamp: at(100) })], 3_600);
    expect(commands).toMatchObject([
      { type: 'DeleteObject', data: { resource: 'events', name: 'old', preconditions: { resourceVersion: '7' } } },
    ]);
  });

  it.each([{ lastTimestamp: at(100) }, { eventTime: at(100) }, { series: { count: 2, lastObservedTime: at(100) } }])(
    'or after they were told again: %j',
    (told) => {
      expect(names(decided([event('again', told)], 3_699))).toEqual([]);
      expect(names(decided([event('again', told)], 3_700))).toEqual(['again']);
    },
  );

  it('are not waited for longer than the next one takes, and are many at once at most', () => {
    expect(decided([event('old')], 3_590).requeueAfterMs).toBe(10_000);
    expect(decided([event('old')], 0).requeueAfterMs).toBe(60_000);
    expect(decided([], 0).requeueAfterMs).toBe(60_000);
    const many = Array.from({ length: 501 }, (_, number) => event(`e${number}`));
    const { commands, requeueAfterMs } = decided(many, 4_000);
    expect([commands.length, requeueAfterMs]).toEqual([500, 1_000]);
  });

  it('do not stay for a time that is not to be believed', () => {
    const far = event('far', { lastTimestamp: '9999-01-01T00:00:00Z' });
    expect(names(decided([far], 3_599))).toEqual([]);
    expect(names(decided([far], 3_600))).toEqual(['far']);
  });

  it('may be more than a call has arguments', () => {
    const many = Array.from({ length: 200_000 }, () => event('young'));
    expect(decided(many, 3_590).requeueAfterMs).toBe(10_000);
  });

  it('are deleted once', () => {
    expect(names(decided([event('held', {}, { deletionTimestamp: at(3_600) })], 4_000))).toEqual([]);
  });
});
