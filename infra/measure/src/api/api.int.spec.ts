import { apiFigures } from './measure-api';

/** `npm run measure -- api` has more of both. */
const PODS = 300;
const DEFINITIONS = 3;

describe('an api with an object of every kind', () => {
  it('fits in memory, has its documents at hand, and serves a large definition within a second', async () => {
    const { memory, documents, definitions, definitionBytes } = await apiFigures(PODS, DEFINITIONS, 2_000);
    expect(memory).toBeLessThan(180_000_000);
    expect(documents.filter(({ p50 }) => p50 > 20)).toEqual([]);
    expect(definitionBytes).toBeGreaterThan(200_000);
    expect(definitions.filter((ms) => ms > 1_000)).toEqual([]);
  });
});
