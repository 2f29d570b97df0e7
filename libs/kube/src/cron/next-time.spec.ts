import fc from 'fast-check';
import { lastTime, nextTime, parseSchedule, zonedTime, type CronSchedule } from '..';

const scheduleOf = (text: string): CronSchedule => {
  const schedule = parseSchedule(text);
  if (typeof schedule === 'string') throw new Error(schedule);
  return schedule;
};
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const next = (text: string, after: string, zone?: string) => iso(nextTime(scheduleOf(text), Date.parse(after), zone));

describe('the next time of a schedule', () => {
  it.each([
    ['*/15 * * * *', '2024-01-01T00:14:59.999Z', '2024-01-01T00:15:00.000Z'],
    ['*/15 * * * *', '2024-01-01T00:15:00Z', '2024-01-01T00:30:00.000Z'],
    ['59 23 31 12 *', '2024-12-31T23:59:00Z', '2025-12-31T23:59:00.000Z'],
    ['0 0 29 2 *', '2024-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 0 13 * fri', '2024-01-01T00:00:00Z', '2024-01-05T00:00:00.000Z'],
    ['0 0 */2 * fri', '2024-01-01T00:00:00Z', '2024-01-03T00:00:00.000Z'],
    ['0 0 * * fri', '2024-01-01T00:00:00Z', '2024-01-05T00:00:00.000Z'],
    ['@monthly', '2024-01-31T00:00:00Z', '2024-02-01T00:00:00.000Z'],
    ['@every 90m', '2024-01-01T00:00:00.5Z', '2024-01-01T01:30:00.000Z'],
    ['0 0 31 2 *', '2024-01-01T00:00:00Z', undefined],
  ])('%s after %s is %s', (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });

  it.each([
    // 02:00 to 03:00 does not exist on that day.
    ['30 2 * * *', '2024-03-30T12:00:00Z', 'Europe/Berlin', '2024-04-01T00:30:00.000Z'],
    ['0 * * * *', '2024-03-31T00:00:00Z', 'Europe/Berlin', '2024-03-31T01:00:00.000Z'],
    // 02:00 to 03:00 comes twice.
    ['30 2 * * *', '2024-10-27T00:00:00Z', 'Europe/Berlin', '2024-10-27T00:30:00.000Z'],
    ['30 2 * * *', '2024-10-27T00:30:00Z', 'Europe/Berlin', '2024-10-27T01:30:00.000Z'],
    ['30 2 * * *', '2024-10-27T01:30:00Z', 'Europe/Berlin', '2024-10-28T01:30:00.000Z'],
    // Midnight does not exist.
    ['0 0 * * *', '2024-04-25T12:00:00Z', 'Africa/Cairo', '2024-04-26T21:00:00.000Z'],
    ['TZ=Asia/Kolkata 0 9 * * *', '2024-01-01T00:00:00Z', 'Europe/Berlin', '2024-01-01T03:30:00.000Z'],
    ['0 0 1 1 *', '2024-06-01T00:00:00Z', 'Pacific/Kiritimati', '2024-12-31T10:00:00.000Z'],
  ])('%s after %s in %s is %s', (text, after, zone, expected) => {
    expect(next(text, after, zone)).toBe(expected);
  });

  it('is the first minute at which the clock on the wall shows what it says', () => {
    const part = (most: number, least = 0) =>
      fc.oneof(fc.constant('*'), fc.integer({ min: least, max: most }).map(String), fc.constant('*/7'));
    const text = fc.tuple(part(59), part(23), fc.constant('*'), fc.constant('*'), fc.constantFrom('*', '0,3,6'));
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC');
    // Around changes of the clock.
    const day = fc.constantFrom('2024-03-10', '2024-03-31', '2024-10-05', '2024-10-06', '2024-10-27', '2024-11-03');
    const moment = fc
      .tuple(day, fc.integer({ min: -1_440, max: 1_440 }))
      .map(([date, minutes]) => Date.parse(date) + minutes * 60_000);
    fc.assert(
      fc.property(text, zones, moment, (fields, zone, after) => {
        const found = nextTime(scheduleOf(fields.join(' ')), after, zone);
        const [minute = '', hour = '', , , weekday = ''] = fields;
        const fits = (field: string, value: number): boolean =>
          field === '*' || (field === '*/7' ? value % 7 === 0 : field.split(',').map(Number).includes(value));
        let expected = Math.floor(after / 60_000) * 60_000 + 60_000;
        for (; expected - after < 10 * 86_400_000; expected += 60_000) {
          const [date = '', clock = ''] = zonedTime(zone, expected).split('T');
          const [h, m] = clock.split(':').map(Number);
          const isDay = fits(weekday, new Date(`${date}T00:00:00Z`).getUTCDay());
          if (isDay && fits(hour, h ?? 0) && fits(minute, m ?? 0)) break;
        }
        expect(iso(found)).toBe(iso(expected));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the last time of a schedule', () => {
  const last = (text: string, after: string, until: string) =>
    iso(lastTime(scheduleOf(text), Date.parse(after), Date.parse(until)));

  it.each([
    ['*/5 * * * *', '2024-01-01T00:00:00Z', '2024-01-01T00:04:59Z', undefined],
    ['*/5 * * * *', '2024-01-01T00:00:00Z', '2024-01-01T00:05:00Z', '2024-01-01T00:05:00.000Z'],
    ['* 9 * * *', '2024-01-01T00:00:00Z', '2024-06-01T00:00:00Z', '2024-05-31T09:59:00.000Z'],
    ['@every 7s', '2024-01-01T00:00:03Z', '2024-01-01T00:00:30Z', '2024-01-01T00:00:24.000Z'],
    ['0 0 31 2 *', '2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z', undefined],
  ])('%s between %s and %s is %s', (text, after, until, expected) => {
    expect(last(text, after, until)).toBe(expected);
  });
});

it('times are shown as clocks of a zone have them', () => {
  const ms = Date.parse('2024-07-01T00:00:00Z');
  expect(zonedTime('UTC', ms)).toBe('2024-07-01T00:00:00Z');
  expect(zonedTime('America/St_Johns', ms)).toBe('2024-06-30T21:30:00-02:30');
});
