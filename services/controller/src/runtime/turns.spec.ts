import { setImmediate as turn } from 'node:timers/promises';
import { Turns } from './turns';

describe('turns at the event loop', () => {
  it('are of one length for all together, and go round', async () => {
    const turns = new Turns(0);
    const done: string[] = [];
    const busy = (name: string, times: number): void => {
      let left = times;
      const work = (): void => {
        done.push(name);
        if (--left > 0) turns.ask(work);
      };
      turns.ask(work);
    };
    busy('much', 4);
    busy('little', 1);
    let most = 0;
    for (let before = 0; done.length < 5; before = done.length) {
      await turn();
      most = Math.max(most, done.length - before);
    }
    expect(done).toEqual(['much', 'little', 'much', 'much', 'much']);
    expect(most).toBe(1);
  });

  it('are all in one, where there is little to do', async () => {
    const turns = new Turns(10_000);
    const done: number[] = [];
    for (let i = 0; i < 5; i++) turns.ask(() => done.push(i));
    const forgotten = (): void => void done.push(-1);
    turns.ask(forgotten);
    turns.forget(forgotten);
    await turn();
    expect(done).toEqual([0, 1, 2, 3, 4]);
  });
});
