import { isTimeZone, parseSchedule } from './cron-schedule';

describe('a schedule', () => {
  it.each([
    '* * * * *',
    '*/5 0-6,20 ? jan-MAR mon',
    '0 0 1 1 0',
    '3/5 * * * *',
    '@yearly',
    '@annually',
    '@monthly',
    '@weekly',
    '@daily',
    '@midnight',
    '@hourly',
    '@every 1h30m',
    '@every 1.5s',
    ' 0  0 * * * ',
    'TZ=Europe/Berlin 0 0 * * *',
    'CRON_TZ=UTC @daily',
  ])('can be %j', (text) => {
    expect(typeof parseSchedule(text)).toBe('object');
  });

  it.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['0 * * * * *', 'expected exactly 5 fields, found 6: [0 * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['L * * * *', 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax'],
    ['-1 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
    ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
    ['@sometimes', 'unrecognized descriptor: @sometimes'],
    ['@every day', 'failed to parse duration @every day: time: invalid duration "day"'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
    ['@every 9999999999h', 'failed to parse duration @every 9999999999h: time: invalid duration "9999999999h"'],
    ['@every 1d', 'failed to parse duration @every 1d: time: unknown unit "d" in duration "1d"'],
    ['TZ=Mars/Base 0 0 * * *', 'provided bad location Mars/Base: unknown time zone Mars/Base'],
  ])('can not be %j', (text, wrong) => {
    expect(parseSchedule(text)).toBe(wrong);
  });

  it('has the numbers that its fields stand for', () => {
    expect(parseSchedule('50/5 1-3 */10 feb,12 fri-sat')).toEqual({
      minutes: [50, 55],
      hours: [1, 2, 3],
      days: [1, 11, 21, 31],
      months: [2, 12],
      weekdays: [5, 6],
      eitherDay: true,
    });
    expect(parseSchedule('@every 1h')).toEqual({ everyMs: 3_600_000 });
    expect(parseSchedule('@every 1ms')).toEqual({ everyMs: 1_000 });
    expect(parseSchedule('TZ=Asia/Tokyo @weekly')).toMatchObject({
      zone: 'Asia/Tokyo',
      weekdays: [0],
      eitherDay: false,
    });
  });
});

it.each([
  ['Europe/Berlin', true],
  ['US/Pacific', true],
  ['UTC', true],
  ['Etc/GMT+5', true],
  ['europe/berlin', false],
  ['Mars/Base', false],
  ['+01:00', false],
  ['', false],
])('time zones: %j is known: %s', (name, isKnown) => {
  expect(isTimeZone(name)).toBe(isKnown);
});
