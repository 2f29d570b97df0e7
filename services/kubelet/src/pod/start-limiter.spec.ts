import { StartLimiter } from './start-limiter';

describe('the limiter of pod starts', () => {
  it('lets so many pods in at once, and each of their starts', async () => {
    const limiter = new StartLimiter(2);
    const entered: string[] = [];
    const enter = (uid: string) => limiter.enter(uid).then(() => entered.push(uid));
    await Promise.all([enter('a'), enter('a'), enter('b')]);
    const late = [enter('c'), enter('d'), enter('c')];
    await Promise.resolve();
    expect(entered).toEqual(['a', 'a', 'b']);
    limiter.leave('a');
    await Promise.resolve();
    expect(entered).toHaveLength(3);
    limiter.leave('a');
    await Promise.all([late[0], late[2]]);
    expect(entered.slice(3)).toEqual(['c', 'c']);
    limiter.leave('b');
    await late[1];
    expect(entered.at(-1)).toBe('d');
  });

  it('gives the place of a pod that waits for something else to the next one, and lets it back in first', async () => {
    const limiter = new StartLimiter(1);
    const order: string[] = [];
    let arrive = (): void => undefined;
    const network = new Promise<void>((resolve) => (arrive = resolve));
    await limiter.enter('a');
    const back = limiter.outside('a', () => network).then(() => order.push('a is back'));
    const next = limiter.enter('b').then(() => order.push('b'));
    const last = limiter.enter('c').then(() => order.push('c'));
    await next;
    arrive();
    await network;
    expect(order).toEqual(['b']);
    // Its turn is asked for a few microtasks after the network is there.
    await new Promise((resolve) => setImmediate(resolve));
    limiter.leave('b');
    await back;
    limiter.leave('a');
    await last;
    expect(order).toEqual(['b', 'a is back', 'c']);
  });
});
