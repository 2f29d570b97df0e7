import { raceSubPaths } from '../../testing/sub-path-race';

describe('parts of a volume that a container attacks', () => {
  it('are never outside of it', async () => {
    const { escapes, mounted, refused, containers } = await raceSubPaths(4);
    expect(escapes).toEqual([]);
    // It was an attack, and not all was refused.
    expect(Math.min(mounted, refused, containers)).toBeGreaterThan(0);
  });
});
