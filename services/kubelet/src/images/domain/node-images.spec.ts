import { renderImages, type ListedImage } from './node-images';

const image = (id: string, sizeBytes: number, names: string[] = [`${id}:1`]): ListedImage => ({ id, sizeBytes, names });

describe('the images that a Node tells of', () => {
  it('are the largest fifty, in the same order whatever the engine’s is', () => {
    const all = Array.from({ length: 60 }, (_, i) => image(`i${i}`, i));
    const told = renderImages(all);
    expect(told).toHaveLength(50);
    expect(told[0]).toEqual({ names: ['i59:1'], sizeBytes: 59 });
    expect(renderImages([...all].reverse())).toEqual(told);
    const same = [image('b', 1), image('a', 1)];
    expect(renderImages(same)).toEqual(renderImages([...same].reverse()));
  });

  it('have five names at most, and are none without one', () => {
    const names = Array.from({ length: 9 }, (_, i) => `a:${i}`);
    expect(renderImages([image('a', 1, names), image('nameless', 2, [])])).toEqual([
      { names: names.slice(0, 5), sizeBytes: 1 },
    ]);
    expect(renderImages([image('empty', 0)])).toEqual([{ names: ['empty:1'] }]);
  });
});
