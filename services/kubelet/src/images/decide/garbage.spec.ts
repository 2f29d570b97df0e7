import { decideGarbage, type KeptImage } from './garbage';

const NOW = 10_000_000;
const LIMITS = { high: 85, low: 80 };
const image = (id: string, fields: Partial<KeptImage> = {}): KeptImage => ({
  id,
  sizeBytes: 10,
  firstSeen: 0,
  lastUsed: 0,
  ...fields,
});
const decide = (images: KeptImage[], availableBytes: number, limits = LIMITS) => {
  const garbage = decideGarbage(images, { capacityBytes: 1_000, availableBytes }, limits, NOW);
  return garbage && { ...garbage, images: garbage.images.map(({ id }) => id) };
};

describe('which images go when the disk is full', () => {
  it('is none while there is room, or when they are never to go', () => {
    expect(decide([image('a')], 160)).toBeUndefined();
    expect(decide([image('a')], 0, { high: 100, low: 80 })).toBeUndefined();
    expect(decideGarbage([], { capacityBytes: 0, availableBytes: 0 }, LIMITS, NOW)).toBeUndefined();
  });

  it('is what was not used for longest, until there is as much room as there should be', () => {
    const images = [image('late', { lastUsed: 7 }), image('early', { lastUsed: 3 }), image('never', { firstSeen: 1 })];
    expect(decide(images, 150)).toEqual({ images: ['never', 'early', 'late'], wantedBytes: 50 });
  });

  it('is none that is used, or came within two minutes', () => {
    const images = [image('used', { lastUsed: NOW }), image('new', { firstSeen: NOW - 119_999 })];
    expect(decide(images, 100)).toEqual({ images: [], wantedBytes: 100 });
    expect(decide([image('older', { firstSeen: NOW - 120_000 })], 100)?.images).toEqual(['older']);
  });
});
