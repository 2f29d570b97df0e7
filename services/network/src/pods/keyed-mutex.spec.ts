import { KeyedMutex } from './keyed-mutex';

/** Work that notes its beginning, and ends when it is told to. */
function given() {
  const mutex = new KeyedMutex();
  const begun: string[] = [];
  const work = (name: string) => {
    let end: (error?: Error) => void = () => undefined;
    const ended = new Promise<string>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve(name) : reject(error));
    });
    return { end, run: () => (begun.push(name), ended) };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { mutex, begun, work, settled };
}

describe('a mutex per key', () => {
  it('runs one after another what has the same key, and at once what has another', async () => {
    const { mutex, begun, work, settled } = given();
    const [first, second, other] = [work('first'), work('second'), work('other')];
    const answers = [mutex.run('a', first.run), mutex.run('a', second.run), mutex.run('b', other.run)];
    await settled();
    expect(begun).toEqual(['first', 'other']);
    first.end();
    await settled();
    expect(begun).toEqual(['first', 'other', 'second']);
    [second, other].forEach(({ end }) => end());
    expect(await Promise.all(answers)).toEqual(['first', 'second', 'other']);
  });

  it('goes on after work that failed, which only its own asker hears of', async () => {
    const { mutex, work } = given();
    const [first, second] = [work('first'), work('second')];
    const failing = expect(mutex.run('a', first.run)).rejects.toThrow('not now');
    const answer = mutex.run('a', second.run);
    first.end(new Error('not now'));
    second.end();
    await failing;
    expect(await answer).toBe('second');
  });

  it('keeps nothing of a key that has no work', async () => {
    const { mutex, work } = given();
    const [first, second] = [work('first'), work('second')];
    const answers = [mutex.run('a', first.run), mutex.run('a', second.run)];
    first.end();
    await answers[0];
    expect(mutex.size).toBe(1);
    second.end();
    await answers[1];
    expect(mutex.size).toBe(0);
  });
});
