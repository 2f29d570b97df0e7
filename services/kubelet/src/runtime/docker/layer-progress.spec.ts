import { LayerProgress } from './layer-progress';

describe('how far a pull is', () => {
  it('is what the engine says of each layer, added up; what else it says is not counted', () => {
    const layers = new LayerProgress();
    const downloading = (id: unknown, current: unknown, total: unknown) =>
      layers.add({ status: 'Downloading', id, progressDetail: { current, total } });
    expect([downloading('a', 1, 10), downloading('b', 5, 20), downloading('a', 4, 10)]).toEqual([true, true, true]);
    expect([
      downloading('c', '1', 10),
      downloading(7, 1, 10),
      layers.add(null),
      layers.add({ status: 'Extracting', id: 'a' }),
    ]).toEqual([false, false, false, false]);
    expect(layers.total).toEqual({ currentBytes: 9, totalBytes: 30 });
  });
});
