import type { Logger } from 'pino';
import { quietErrors } from './quiet';

describe('errors of messages', () => {
  let time = 0;
  const told: object[] = [];
  const logger = { error: (fields: object) => told.push(fields) } as unknown as Logger;
  const sink = quietErrors(logger, () => time);
  beforeEach(() => {
    time += 1_000_000;
    told.length = 0;
  });

  it('are logged once while they go on, and counted', () => {
    for (let i = 0; i < 100; i++) sink(new Error('garbage'), 'a.b');
    expect(told).toHaveLength(1);
    time += 61_000;
    sink(new Error('garbage'), 'a.b');
    expect(told).toEqual([expect.anything(), expect.objectContaining({ unsaid: 99 })]);
  });

  it('of different places are told apart', () => {
    sink(new Error('garbage'), 'a.b');
    sink(new Error('garbage'), 'c.d');
    sink(new Error('else'), 'a.b');
    expect(told).toHaveLength(3);
  });
});
