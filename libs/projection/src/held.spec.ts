import { Held, type Arrived } from './held';

const arrived = (name: string): Arrived => ({ compare: () => name }) as unknown as Arrived;

describe('what arrives while state is fetched', () => {
  it('is held in its order, and let go all at once', () => {
    const held = new Held(100);
    const all = ['a', 'b', 'c'].map(arrived);
    for (const arrived of all) held.add(arrived, 30);
    expect([held.count, held.lost]).toEqual([3, false]);
    expect(held.take()).toEqual(all);
    expect(held.count).toBe(0);
  });

  it('is bounded by bytes: beyond them all of it is fetched again', () => {
    const held = new Held(100);
    for (const name of ['a', 'b', 'c', 'd']) held.add(arrived(name), 30);
    expect([held.count, held.lost]).toEqual([0, true]);
    held.add(arrived('e'), 30);
    held.take();
    expect(held.lost).toBe(false);
  });
});
