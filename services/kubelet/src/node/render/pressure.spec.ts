import { observeReserves, pressuresOf, type LastShort } from './pressure';

const WELL = { memoryAvailableBytes: 2 ** 30, storageAvailableShare: 0.5 };
const MINUTE = 60_000;

describe('the pressure that a node is under', () => {
  it('is of what is short', () => {
    const short = observeReserves({}, { ...WELL, memoryAvailableBytes: 1 }, 5);
    expect([...pressuresOf(short, 5)]).toEqual(['memory']);
    expect([...pressuresOf(observeReserves(short, { ...WELL, storageAvailableShare: 0.01 }, 6), 6)]).toEqual([
      'memory',
      'disk',
    ]);
    expect(pressuresOf(observeReserves({}, WELL, 5), 5).size).toBe(0);
  });

  it('lasts for five minutes after it was felt last, so that it is one pressure that comes and goes', () => {
    let last: LastShort = {};
    const turns: number[] = [];
    for (let minute = 0; minute < 20; minute++) {
      const memoryAvailableBytes = minute < 10 && minute % 3 === 0 ? 1 : 2 ** 30;
      last = observeReserves(last, { ...WELL, memoryAvailableBytes }, minute * MINUTE);
      turns.push(pressuresOf(last, minute * MINUTE).size);
    }
    expect(turns.lastIndexOf(1)).toBe(13);
    expect(turns.slice(0, 14)).toEqual(Array(14).fill(1));
  });
});
