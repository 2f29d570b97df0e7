import type { Bus } from '@shiplog/bus';
import type { ClusterCache } from './cluster-cache';
import { ReadBarrier } from './read-barrier';

/** Whether the journal is heard of. */
const silence: { reason: string | undefined } = { reason: undefined };

/** A journal that answers when it is told to, and a projection that reaches what it is asked for. */
function stand(consistency: 'projection' | 'linearizable') {
  const questions: ((position: number) => void)[] = [];
  const waited: number[] = [];
  const bus = { ask: () => new Promise((resolve) => questions.push((position) => resolve({ position }))) };
  const projection = {
    position: 10,
    waitFor: (position: number) => (
      waited.push(position),
      position > 50 ? Promise.reject(new Error()) : Promise.resolve()
    ),
  };
  const cluster = { projection };
  const contact = { staleReason: () => silence.reason, heard: () => undefined };
  const barrier = new ReadBarrier(bus as unknown as Bus, cluster as unknown as ClusterCache, contact as never, {
    readConsistency: consistency,
  });
  return { barrier, questions, waited };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ReadBarrier', () => {
  it('lets reads of the projection pass at once', () => {
    const { barrier } = stand('projection');
    expect(barrier.before({ at: 'latest' })).toBeUndefined();
    expect(barrier.before({ at: 'any' })).toBeUndefined();
    expect(barrier.before({ at: 'notOlderThan', position: 10 })).toBeUndefined();
  });

  it('knows no latest while the journal is not heard of, and serves what may be older', async () => {
    silence.reason = 'nothing was heard from the journal';
    const { barrier, questions } = stand('projection');
    expect(() => barrier.before({ at: 'latest' })).toThrow(
      /nothing was heard from the journal: the latest state is unknown/,
    );
    expect(barrier.before({ at: 'any' })).toBeUndefined();
    expect(barrier.before({ at: 'notOlderThan', position: 10 })).toBeUndefined();
    // Who asks anyway finds out by asking.
    const linearizable = stand('linearizable');
    const read = linearizable.barrier.before({ at: 'latest' });
    linearizable.questions[0]?.(20);
    await read;
    expect(questions).toHaveLength(0);
    silence.reason = undefined;
  });

  it('waits for a position that is not here yet, and says when it does not come', async () => {
    const { barrier, waited } = stand('projection');
    await barrier.before({ at: 'notOlderThan', position: 12 });
    expect(waited).toEqual([12]);
    await expect(barrier.before({ at: 'exactly', position: 99 })).rejects.toThrow(
      /Too large resource version: 99, current: 10/,
    );
  });

  it('asks one question for all reads that wait for it, never one that was sent before them', async () => {
    const { barrier, questions, waited } = stand('linearizable');
    const first = barrier.before({ at: 'latest' });
    const others = [
      barrier.before({ at: 'latest' }),
      barrier.before({ at: 'latest' }),
      barrier.before({ at: 'latest' }),
    ];
    expect(questions).toHaveLength(1);
    questions[0]?.(20);
    await first;
    await turn();
    expect(questions).toHaveLength(2);
    questions[1]?.(30);
    for (const other of others) await other;
    expect(waited).toEqual([20, 30, 30, 30]);
    expect(questions).toHaveLength(2);
  });

  it('asks again after a question that failed', async () => {
    let asked = 0;
    const bus = { ask: () => (asked++ === 0 ? Promise.reject(new Error('away')) : Promise.resolve({ position: 1 })) };
    const projection = { position: 10, waitFor: () => Promise.resolve() };
    const contact = { heard: () => undefined } as never;
    const barrier = new ReadBarrier(bus as unknown as Bus, { projection } as unknown as ClusterCache, contact, {
      readConsistency: 'linearizable',
    });
    await expect(barrier.before({ at: 'latest' })).rejects.toThrow('away');
    await barrier.before({ at: 'latest' });
    expect(asked).toBe(2);
  });
});
