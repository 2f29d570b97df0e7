import { getHeapSpaceStatistics } from 'node:v8';
import { giveBackMemory } from './memory';

const young = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')!.space_size;

it('makes the space for new objects small again that grew because all of them stayed', async () => {
  const kept = Array.from({ length: 300_000 }, (_, index) => ({ index }));
  const grown = young();
  await giveBackMemory();
  expect(young()).toBeLessThan(grown / 2);
  expect(kept).toHaveLength(300_000);
});
