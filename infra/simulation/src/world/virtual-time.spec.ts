import { Random } from './random';
import { VirtualTime } from './virtual-time';

describe('VirtualTime', () => {
  it('has tasks happen in the order of their moments, and of one moment in the order of asking', () => {
    const time = new VirtualTime();
    const random = new Random('order');
    const expected = Array.from({ length: 500 }, (_, i) => ({ at: random.whole(0, 50), i }));
    const done: typeof expected = [];
    for (const item of expected) time.after(item.at, () => done.push(item));
    for (let task = time.next(100); task !== undefined; task = time.next(100)) task.run();
    expect(done).toEqual([...expected].sort((a, b) => a.at - b.at || a.i - b.i));
    expect(time.now).toBe(100);
  });

  it('leaves out what was cancelled, and what comes after the end', () => {
    const time = new VirtualTime();
    time.after(1, () => undefined).cancelled = true;
    time.after(10, () => undefined);
    expect(time.next(5)).toBeUndefined();
    expect(time.now).toBe(5);
    expect(time.next(10)?.at).toBe(10);
  });
});
