import { ascendingClock } from './writer-factory';

describe('the clock of the log', () => {
  const machine = (...times: string[]) => {
    let at = 0;
    return () => new Date(times[at++] ?? '');
  };

  it('begins at the time of the last event, also on a machine whose clock is behind', () => {
    const clock = ascendingClock('2026-05-01T17:26:12.000Z', machine('2026-05-01T16:26:12Z', '2026-05-01T17:26:13Z'));
    expect([clock().time, clock().time]).toEqual(['2026-05-01T17:26:12.000Z', '2026-05-01T17:26:13.000Z']);
  });

  it('stands still while the machine’s runs backwards', () => {
    const clock = ascendingClock(undefined, machine('2026-05-01T12:00:01Z', '2026-05-01T12:00:00Z'));
    expect([clock().time, clock().time]).toEqual(['2026-05-01T12:00:01.000Z', '2026-05-01T12:00:01.000Z']);
  });
});
