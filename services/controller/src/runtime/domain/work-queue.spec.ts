import { WorkQueue } from './work-queue';

describe('a work queue', () => {
  it('gives a key once however often it was woken, with the newest cause', () => {
    const queue = new WorkQueue();
    queue.add('a', 1);
    queue.add('b', 2);
    queue.add('a', 3);
    expect(queue.take(0, 10)).toEqual([
      { key: 'a', cause: 3 },
      { key: 'b', cause: 2 },
    ]);
    expect(queue.take(0, 10)).toEqual([]);
  });

  it('never gives a key that is running, and gives it again when it was woken meanwhile', () => {
    const queue = new WorkQueue();
    queue.add('a', 1);
    queue.take(0, 10);
    queue.add('a', 2);
    expect(queue.take(0, 10)).toEqual([]);
    queue.done('a');
    expect(queue.take(0, 10)).toEqual([{ key: 'a', cause: 2 }]);
  });

  it('leaves a key alone until its own write was seen', () => {
    const queue = new WorkQueue();
    queue.hold('a', 7);
    queue.add('a', 5);
    queue.reached(6);
    expect(queue.take(0, 10)).toEqual([]);
    queue.reached(7);
    expect(queue.take(0, 10)).toEqual([{ key: 'a', cause: 5 }]);
  });

  it('frees every key when the log was set back', () => {
    const queue = new WorkQueue();
    queue.reached(100);
    queue.hold('a', 101);
    queue.add('a');
    queue.reached(3);
    expect(queue.take(0, 10)).toHaveLength(1);
  });

  it('wakes a key at the earliest of its times, and forgets the time once the key was taken', () => {
    const queue = new WorkQueue();
    queue.addAt('a', 500);
    queue.addAt('a', 200);
    queue.addAt('a', 900);
    expect(queue.nextAt()).toBe(200);
    expect(queue.take(199, 10)).toEqual([]);
    expect(queue.take(200, 10)).toEqual([{ key: 'a', cause: undefined }]);
    expect(queue.nextAt()).toBeUndefined();
  });

  it('gives no more keys than are asked for', () => {
    const queue = new WorkQueue();
    for (let i = 0; i < 5; i++) queue.add(`k${i}`);
    expect(queue.take(0, 2).map(({ key }) => key)).toEqual(['k0', 'k1']);
    expect(queue.take(0, 2).map(({ key }) => key)).toEqual(['k2', 'k3']);
    expect(queue.size).toBe(5);
  });

  it('takes no longer for a key where many others are due, planned, held or running', () => {
    const queue = new WorkQueue();
    const most = 20_000;
    for (let i = 0; i < most; i++) {
      queue.add(`held-${i}`);
      queue.hold(`held-${i}`, 7);
      queue.add(`due-${i}`);
      queue.addAt(`planned-${i}`, 1_000_000 + i);
    }
    const began = process.cpuUsage();
    const taken = Array.from({ length: most }, () => {
      queue.nextAt();
      return queue.take(0, 1)[0]?.key;
    });
    const { user } = process.cpuUsage(began);
    expect(taken).toEqual(Array.from({ length: most }, (_, i) => `due-${i}`));
    // Were each to look at the others, it would be hundreds of millions of steps: seconds of the processor.
    expect(user / 1_000).toBeLessThan(1_000);
    queue.reached(7);
    expect(queue.take(0, 1)[0]?.key).toBe('held-0');
  });
});
