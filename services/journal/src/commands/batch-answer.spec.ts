import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { createConfigMap } from '../testing/commands';
import { BatchAnswer, fittingText } from './batch-answer';

const parse = (text: string): CommandReply => JSON.parse(text) as CommandReply;

describe('the reply to one command', () => {
  const LIMIT = 1_000;
  const command = createConfigMap('web');
  const accepted: CommandReply = { ok: true, position: 7, uid: 'u', events: 1 };

  it('is said as it is where it fits', () => {
    expect(parse(fittingText(command, accepted, LIMIT))).toEqual(accepted);
  });

  it.each([
    ['its object', { object: { metadata: { name: 'x'.repeat(LIMIT) } } }],
    ['its object, whose characters are few and bytes many', { object: { metadata: { name: '漢'.repeat(LIMIT / 2) } } }],
    ['its items', { results: Array.from({ length: LIMIT }, () => ({ ok: true as const, position: 7 })) }],
  ])('that happened says so without %s where that would not fit', (_, more) => {
    expect(parse(fittingText(command, { ...accepted, ...more } as CommandReply, LIMIT))).toEqual(accepted);
  });

  it('to a dry run is a refusal then: it was nothing but its answer', () => {
    const dry = { ...command, data: { ...command.data, dryRun: true } } as AnyCommand;
    const reply = { ...accepted, events: 0, object: { metadata: { name: 'x'.repeat(LIMIT) } } } as CommandReply;
    expect(parse(fittingText(dry, reply, LIMIT))).toMatchObject({ ok: false, status: { code: 413 } });
  });

  it('that is a refusal keeps its code and reason, and the beginning of its message', () => {
    const status = { code: 422, reason: 'Invalid', message: '漢'.repeat(LIMIT), details: { causes: [{}] } } as never;
    const text = fittingText(command, { ok: false, status }, 5_000);
    expect(Buffer.byteLength(fittingText(command, { ok: false, status }, 2_000))).toBeLessThan(4_000);
    expect(parse(text)).toMatchObject({ ok: false, status: { code: 422, reason: 'Invalid' } });
  });
});

describe('the replies to a batch', () => {
  const said = (texts: readonly string[], order: readonly number[], limit: number): string[] => {
    const messages: string[] = [];
    const answer = new BatchAnswer(texts.length, limit, (json) => messages.push(json));
    for (const index of order) answer.add(index, texts[index] ?? '');
    return messages;
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const texts = (count: number, size: number): string[] => numbers(count).map((i) => `"${i}${'x'.repeat(size)}"`);

  it('are one list where they fit, also those of none', () => {
    expect(said(['1', '2', '3'], [2, 0, 1], 1_000)).toEqual(['[1,2,3]']);
    expect(said([], [], 1_000)).toEqual(['[]']);
  });

  it.each<[number[], number[], string[]]>([
    [[1], [0, 2, 1], ['{"from":0,"replies":[a]}', '{"from":2,"replies":[c]}', '{"from":1,"replies":[b]}']],
    [
      [0, 1, 2],
      [2, 0, 1],
      ['{"from":2,"replies":[c]}', '{"from":0,"replies":[a]}', '{"from":1,"replies":[b]}'],
    ],
    [[2], [0, 1, 2], ['{"from":0,"replies":[a,b]}', '{"from":2,"replies":[c]}']],
    [[0], [0, 1, 2], ['{"from":0,"replies":[a]}', '{"from":1,"replies":[b,c]}']],
  ])('of which %j take long do not wait for those', (late, order, expected) => {
    const messages: string[] = [];
    const answer = new BatchAnswer(3, 1_000, (json) => messages.push(json));
    for (const index of late) answer.waits(index);
    for (const index of order) answer.add(index, 'abc'[index] ?? '');
    expect(messages).toEqual(expected);
  });

  it.each([
    ['in order', (count: number) => numbers(count)],
    ['from the last to the first', (count: number) => numbers(count).reverse()],
  ])('that are decided %s come in order, in parts that fit, none missing and none twice', (_, order) => {
    const all = texts(50, 300);
    const messages = said(all, order(50), 1_000);
    expect(Math.max(...messages.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(1_000);
    const parts = messages.map((text) => JSON.parse(text) as { from: number; replies: string[] });
    expect(parts.flatMap(({ from, replies }) => replies.map((_, i) => from + i))).toEqual(numbers(50));
    expect(parts.flatMap(({ replies }) => replies.map((item) => JSON.stringify(item)))).toEqual(all);
  });
});
