import { FairQueue, type Entry, type LevelLimits } from './fair-queue';
import { dealHand } from './rules/shuffle-shard';
import { seatsOfLevels, seatsOfList } from './rules/seats';

const QUEUING = { queues: 8, handSize: 1, queueLength: 3 };
const limits = (given: Partial<LevelLimits> = {}): LevelLimits => ({ seats: 2, queuing: QUEUING, ...given });

const leaveOf = (entry: Entry | Promise<Entry>): (() => void) => {
  if (entry instanceof Promise || 'rejected' in entry) throw new Error('it did not get in');
  return entry.leave;
};

/** Lets what was settled be heard of. */
const heard = (): Promise<void> => new Promise(setImmediate);

describe('FairQueue', () => {
  it('lets in at once what finds seats, and calls the next when some are given back (once)', async () => {
    const queue = new FairQueue(limits(), 1_000);
    const leave = leaveOf(queue.enter([0], 1));
    leaveOf(queue.enter([0], 1));
    const waits = [queue.enter([0], 1), queue.enter([0], 1)];
    expect([queue.executing, queue.waiting]).toEqual([2, 2]);
    leave();
    leave();
    await expect(waits[0]).resolves.toHaveProperty('leave');
    expect([queue.executing, queue.waiting]).toEqual([2, 1]);
  });

  it('refuses what its queue has no place for, and everything without queues', () => {
    const queue = new FairQueue(limits({ seats: 1 }), 1_000);
    leaveOf(queue.enter([0], 1));
    for (let i = 0; i < QUEUING.queueLength; i++) void queue.enter([0], 1);
    expect(queue.enter([0], 1)).toEqual({ rejected: 'queue-full' });
    expect(queue.enter([1], 1)).toBeInstanceOf(Promise);
    const without = new FairQueue(limits({ seats: 1, queuing: undefined }), 1_000);
    const leave = leaveOf(without.enter([], 1));
    expect(without.enter([], 1)).toEqual({ rejected: 'concurrency-limit' });
    leave();
    leaveOf(without.enter([], 1));
  });

  it('has nobody wait for ever', async () => {
    jest.useFakeTimers();
    const queue = new FairQueue(limits({ seats: 1 }), 1_000);
    const leave = leaveOf(queue.enter([0], 1));
    const waits = queue.enter([0], 1);
    jest.advanceTimersByTime(1_000);
    jest.useRealTimers();
    await expect(waits).resolves.toEqual({ rejected: 'time-out' });
    leave();
    expect([queue.executing, queue.waiting]).toEqual([0, 0]);
  });

  it('gives each queue its turn, however long the others are', async () => {
    const queue = new FairQueue(limits({ seats: 1, queuing: { ...QUEUING, queueLength: 100 } }), 3_600_000);
    const order: string[] = [];
    let leaveNext = leaveOf(queue.enter([0], 1));
    const wait = (hand: number, name: string): void => {
      void Promise.resolve(queue.enter([hand], 1)).then((entry) => {
        order.push(name);
        leaveNext = leaveOf(entry);
      });
    };
    for (let i = 0; i < 20; i++) wait(0, 'flood');
    wait(1, 'a');
    wait(1, 'a');
    wait(2, 'b');
    for (let i = 0; i < 8; i++) {
      leaveNext();
      await heard();
    }
    expect(order.filter((name) => name !== 'flood').sort()).toEqual(['a', 'a', 'b']);
    expect(order.slice(0, 6).filter((name) => name === 'flood').length).toBeLessThanOrEqual(3);
  });

  it('lets in what needs more seats than there are, alone', async () => {
    const queue = new FairQueue(limits({ seats: 2 }), 1_000);
    const leave = leaveOf(queue.enter([0], 10));
    const waits = queue.enter([1], 1);
    expect(waits).toBeInstanceOf(Promise);
    leave();
    await expect(waits).resolves.toHaveProperty('leave');
  });

  it('calls who waits when there are more seats', async () => {
    const queue = new FairQueue(limits({ seats: 0 }), 1_000);
    const waits = queue.enter([0], 1);
    queue.limits = limits({ seats: 1 });
    await expect(waits).resolves.toHaveProperty('leave');
  });

  it('never gives out more seats than there are, and gives out all', async () => {
    const queue = new FairQueue(limits({ seats: 3, queuing: { ...QUEUING, queueLength: 1_000 } }), 3_600_000);
    let [inside, most, done] = [0, 0, 0];
    const run = async (hand: number): Promise<void> => {
      const entry = await queue.enter([hand], 1);
      most = Math.max(most, ++inside);
      await heard();
      inside -= 1;
      done += 1;
      leaveOf(entry)();
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => run(i % 5)));
    expect([most, done, queue.executing, queue.waiting]).toEqual([3, 200, 0, 0]);
  });
});

describe('the hand of a flow', () => {
  it("is of different queues, always the same, and seldom another flow's", () => {
    const hands = Array.from({ length: 500 }, (_, i) => dealHand(`schema user-${i}`, 128, 6));
    for (const hand of hands) {
      expect(new Set(hand).size).toBe(6);
      expect(Math.min(...hand)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...hand)).toBeLessThan(128);
    }
    expect(dealHand('schema user-7', 128, 6)).toEqual(hands[7]);
    const flood = new Set(hands[0]);
    const smothered = hands.slice(1).filter((hand) => hand.every((queue) => flood.has(queue)));
    expect(smothered).toEqual([]);
    expect(new Set(hands.flat()).size).toBe(128);
    expect(dealHand('x', 1, 1)).toEqual([0]);
    expect([...dealHand('x', 4, 4)].sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('seats', () => {
  it('of levels are in proportion to their shares', () => {
    const level = (name: string, shares: number) => ({
      apiVersion: 'x',
      kind: 'x',
      metadata: { name },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares } },
    });
    expect([...seatsOfLevels([level('a', 20), level('b', 225)], 600)]).toEqual([
      ['a', 49],
      ['b', 552],
    ]);
    expect([...seatsOfLevels([level('a', 0)], 600)]).toEqual([['a', 0]]);
  });

  it('of a list are more for more objects, up to ten', () => {
    expect([0, 100, 101, 5_000].map(seatsOfList)).toEqual([1, 1, 2, 10]);
  });
});
