import { FormatRegistry } from '@sinclair/typebox';
import { Heartbeat, MESSAGES, problemIn } from '.';

/** The formats that a declaration names, wherever in it. */
function formatsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { format } = value as { format?: unknown };
  return [...(typeof format === 'string' ? [format] : []), ...Object.values(value).flatMap(formatsIn)];
}

describe('a heartbeat from the wire', () => {
  const now = new Date(Date.UTC(2024, 4, 31, 12)).toISOString();

  it.each([now, '2024-05-31T12:00:00Z', '2024-05-31T14:00:00+02:00'])('passes when it says its time: %s', (time) => {
    expect(problemIn(Heartbeat.payload, { time })).toBeUndefined();
  });

  it.each(['', 'now', '2024-05-31', '2024-13-31T12:00:00Z', `${now}\n`, 7])('has no such time as %j', (time) => {
    expect(problemIn(Heartbeat.payload, { time })).toBe('time must be a time such as 2024-05-31T12:00:00Z');
  });
});

it('every format that a declaration names is known: what is of an unknown one would be refused', () => {
  expect([...new Set(MESSAGES.flatMap(formatsIn))].filter((format) => !FormatRegistry.Has(format))).toEqual([]);
});
