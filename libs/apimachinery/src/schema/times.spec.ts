import fc from 'fast-check';
import { DecodeError } from './decoding';
import { toMicros, toSeconds } from './times';

describe('a time', () => {
  it.each([
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59Z'],
    ['2024-05-05T01:02:03.999Z', '2024-05-05T01:02:03Z'],
    ['2024-05-05T01:02:03+02:00', '2024-05-04T23:02:03Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('%s is kept to the second', (sent, kept) => {
    expect(toSeconds(sent)).toBe(kept);
  });

  it.each([
    ['2024-05-05T01:02:03.123456Z', '2024-05-05T01:02:03.123456Z'],
    ['2024-05-05T01:02:03.1Z', '2024-05-05T01:02:03.100000Z'],
    ['2024-05-05T01:02:03Z', '2024-05-05T01:02:03.000000Z'],
    ['2024-05-05T01:02:03.123456789-01:30', '2024-05-05T02:32:03.123456Z'],
  ])('%s is kept to the microsecond', (sent, kept) => {
    expect(toMicros(sent)).toBe(kept);
  });

  it.each([
    ['2024-99-99T99:99:99Z', 'month'],
    ['2024-00-01T00:00:00Z', 'month'],
    ['2024-01-00T00:00:00Z', 'day'],
    ['2024-04-31T00:00:00Z', 'day'],
    ['2023-02-29T00:00:00Z', 'day'],
    ['1900-02-29T00:00:00Z', 'day'],
    ['2024-01-01T24:00:00Z', 'hour'],
    ['2024-01-01T23:60:00Z', 'minute'],
    ['2024-01-01T23:59:60Z', 'second'],
    ['2024-01-01T23:59:59+24:00', 'time zone offset hour'],
    ['2024-01-01T23:59:59+00:60', 'time zone offset minute'],
    ['0000-01-01T00:00:00+01:00', 'year'],
    ['9999-12-31T23:59:59-01:00', 'year'],
  ])('%s is refused in Go’s words: %s out of range', (sent, part) => {
    const micros = sent.replace(/(:\d\d)(Z|[+-])/, '$1.000001$2');
    expect(() => toSeconds(sent)).toThrow(new DecodeError(`parsing time "${sent}": ${part} out of range`));
    expect(() => toMicros(micros)).toThrow(new DecodeError(`parsing time "${micros}": ${part} out of range`));
  });

  it.each(['yesterday', '2024-01-01', '2024-01-01 00:00:00Z', '2024-01-01T00:00:0aZ', '20x4-01-01T00:00:00Z'])(
    '%s is refused as no time at all',
    (sent) => {
      const message = `parsing time "${sent}" as "2006-01-02T15:04:05Z07:00": cannot parse "${sent}" as "2006"`;
      expect(() => toSeconds(sent)).toThrow(new DecodeError(message));
      expect(() => toMicros(sent)).toThrow(new DecodeError(message));
    },
  );

  it('is the same moment as before, whatever moment it is', () => {
    const moment = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (at) => {
        const text = at.toISOString();
        expect(toSeconds(text)).toBe(`${text.slice(0, 19)}Z`);
        expect(toSeconds(`${text.slice(0, 19)}Z`)).toBe(`${text.slice(0, 19)}Z`);
        expect(toMicros(text)).toBe(`${text.slice(0, 23)}000Z`);
      }),
    );
  });
});
