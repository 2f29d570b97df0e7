import { readDrops } from './drops';

/** As nft 1.0.6 writes it. */
const listed = (...elem: unknown[]) =>
  JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, { set: { family: 'ip', name: 'd', elem } }] });
const element = (concat: unknown[], more: object = {}) => ({
  elem: { val: { concat }, timeout: 600, expires: 590, counter: { packets: 3, bytes: 180 }, ...more },
});

describe('what was dropped', () => {
  it('is read with its port, or without where the protocol has none', () => {
    const common = { direction: 'in', source: '10.0.0.1', destination: '10.0.0.2', packets: 3, secondsAgo: 10 };
    const text = listed(element(['10.0.0.1', '10.0.0.2', 'tcp', 80]), element(['10.0.0.1', '10.0.0.2', 'icmp']));
    expect(readDrops('in', text)).toEqual([
      { ...common, protocol: 'tcp', port: 80 },
      { ...common, protocol: 'icmp' },
    ]);
  });

  it.each([
    ['an empty set', JSON.stringify({ nftables: [{ set: { name: 'd' } }] })],
    ['nothing', '{}'],
    ['elements of other kinds', listed('10.0.0.1', null, { elem: {} }, element([1, 2, 3]))],
    ['one that was not counted yet', listed(element(['10.0.0.1', '10.0.0.2', 'tcp', 80], { counter: { packets: 0 } }))],
  ])('is nothing of %s', (_, text) => {
    expect(readDrops('out', text)).toEqual([]);
  });
});
