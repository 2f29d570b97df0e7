import { ActiveLog, NotActive, type OpenLog } from './active-log';

const openLog = (epoch: number, lease: { holds: boolean; isHeard?: boolean }) =>
  ({
    writer: {},
    heads: {},
    voice: { epoch, holds: () => lease.holds && lease.isHeard !== false },
    lease: { holds: () => lease.holds, supersede: (by: number) => (lease.holds &&= by <= epoch) },
  }) as unknown as OpenLog;

describe('the open log', () => {
  it('is open while the lease holds, and from its deadline on no more', () => {
    const log = new ActiveLog();
    expect(log.holds()).toBe(false);
    const lease = { holds: true };
    log.use(openLog(4, lease));
    expect([log.holds(), log.epoch]).toEqual([true, 4]);
    lease.holds = false;
    expect(log.holds()).toBe(false);
    expect(() => log.writer).toThrow(NotActive);
    expect(() => log.guard()).toThrow(NotActive);
  });

  it('takes commands, and answers no questions, while the lease holds and the voice does not', () => {
    const log = new ActiveLog();
    log.use(openLog(4, { holds: true, isHeard: false }));
    expect(() => log.open).toThrow(NotActive);
    expect(log.writer).toEqual({});
  });

  it('is over when a journal has begun an epoch since', () => {
    const log = new ActiveLog();
    log.supersede(9);
    log.use(openLog(4, { holds: true }));
    log.supersede(4);
    expect(log.holds()).toBe(true);
    log.supersede(5);
    expect(log.holds()).toBe(false);
  });

  it('lets nothing out that was begun under an earlier lease, also when it has another one', () => {
    const log = new ActiveLog();
    const first = { holds: true };
    log.use(openLog(4, first));
    const check = log.guard();
    expect(check).not.toThrow();
    first.holds = false;
    expect(check).toThrow(NotActive);
    log.use(openLog(6, { holds: true }));
    expect(check).toThrow(NotActive);
    expect(log.guard()).not.toThrow();
  });
});
