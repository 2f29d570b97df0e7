import { eventOfFields } from './event-row';

const line = (fields: Partial<Record<'time' | 'name' | 'cause' | 'data', string>>): string[] => [
  '7',
  fields.time ?? '2026-01-02 03:04:05.678+00',
  'Created',
  '2',
  'pods',
  'default',
  fields.name ?? 'web',
  'uid-7',
  '',
  'admin',
  'c7',
  '0',
  fields.cause ?? '\\N',
  '\\N',
  fields.data ?? '{}',
];

describe('a line of COPY', () => {
  it.each([
    ['2026-01-02 03:04:05.678+00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 03:04:05.6+00', '2026-01-02T03:04:05.600Z'],
    ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05.000Z'],
  ])('with time %s is an event of %s', (time, rfc3339) => {
    expect(eventOfFields(line({ time })).time).toBe(rfc3339);
  });

  it('tells a number from none', () => {
    expect(eventOfFields(line({})).cause).toBeUndefined();
    expect(eventOfFields(line({ cause: '3' })).cause).toBe(3);
  });

  it('tells who vouched for the sender, where that was written', () => {
    expect(eventOfFields(line({})).via).toBeUndefined();
    expect(eventOfFields([...line({}), '\\N']).via).toBeUndefined();
    expect(eventOfFields([...line({}), 'node.minion-1']).via).toBe('node.minion-1');
  });

  it('with escapes is read as what was written', () => {
    const data = { changes: { data: { a: 'tab\t, line\n, quote ", slash \\, ☃' } } };
    const copied = JSON.stringify(data).replace(/\\/g, '\\\\');
    expect(eventOfFields(line({ data: copied })).data).toEqual(data);
    expect(eventOfFields(line({ name: 'a\\tb\\\\c' })).name).toBe('a\tb\\c');
  });
});
