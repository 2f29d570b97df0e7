import { lastLines, LogLines, type LineOptions } from './log-lines';

const FILE = [
  '2026-01-01T00:00:01.5Z stdout F one',
  '2026-01-01T00:00:02Z stdout P two is ',
  '2026-01-01T00:00:02.25Z stderr F between',
  '2026-01-01T00:00:02.5Z stdout P very ',
  '2026-01-01T00:00:03.123456789+01:00 stdout F long',
  '2026-01-01T00:00:04Z stdout F ',
  '',
].join('\n');

function shown(file: string, options: Partial<LineOptions> = {}, size = file.length): string {
  const lines = new LogLines({ timestamps: false, ...options });
  const parts: string[] = [];
  for (let at = 0; at < file.length; at += size)
    parts.push(lines.outputOf(Buffer.from(file.slice(at, at + size))).toString());
  return parts.join('');
}

describe('the lines of a log', () => {
  it('are what the container wrote, however they were parted', () => {
    const written = 'one\ntwo is between\nvery long\n\n';
    for (const size of [1, 7, 64, FILE.length]) expect(shown(FILE, {}, size)).toBe(written);
  });

  it('have the time of their beginning, with nanoseconds', () => {
    expect(shown(FILE, { timestamps: true })).toBe(
      [
        '2026-01-01T00:00:01.500000000Z one',
        '2026-01-01T00:00:02.000000000Z two is 2026-01-01T00:00:02.250000000Z between',
        'very long',
        '2026-01-01T00:00:04.000000000Z ',
        '',
      ].join('\n'),
    );
  });

  it('can be those since a time', () => {
    expect(shown(FILE, { since: Date.parse('2026-01-01T00:00:02.3Z') / 1_000 })).toBe('very \n');
  });

  it('leave out what no runtime has written', () => {
    expect(shown(`rubbish\n\n2026-01-01T00:00:01Z stdout F fine\nhalf a li`)).toBe('fine\n');
  });
});

describe('the last lines of a log', () => {
  const last = (count: number, end = FILE, whole = true): [string, number] => {
    const { from, missing } = lastLines(Buffer.from(end), count, whole);
    return [shown(Buffer.from(end).subarray(from).toString()), missing];
  };

  it('are counted as the container wrote them', () => {
    expect(last(0)).toEqual(['', 0]);
    expect(last(1)).toEqual(['\n', 0]);
    expect(last(2)).toEqual(['very long\n\n', 0]);
    expect(last(3)).toEqual(['two is between\nvery long\n\n', 0]);
    expect(last(4)).toEqual(['one\ntwo is between\nvery long\n\n', 0]);
  });

  it('may be more than there are', () => {
    expect(last(9)).toEqual(['one\ntwo is between\nvery long\n\n', 5]);
    expect(last(2, '')).toEqual(['', 2]);
  });

  it('are not taken from the half of a line', () => {
    expect(last(9, FILE.slice(10), false)).toEqual(['two is between\nvery long\n\n', 6]);
  });
});
