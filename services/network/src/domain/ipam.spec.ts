import { AddressesExhausted, IpamPool } from './ipam';

describe('addresses of a pod network', () => {
  it('start behind the gateway and go round, so that one rests before it is given out again', () => {
    const pool = new IpamPool('10.244.1.0/24');
    expect([pool.take(), pool.take()]).toEqual(['10.244.1.2', '10.244.1.3']);
    pool.release('10.244.1.2');
    expect(pool.take()).toBe('10.244.1.4');
    expect(pool.gateway).toBe('10.244.1.1');
  });

  it('are each given out once, until none is left; a released one is found', () => {
    const pool = new IpamPool('10.244.1.0/28');
    const taken = Array.from({ length: 13 }, () => pool.take());
    expect(new Set(taken).size).toBe(13);
    expect(taken).not.toContain('10.244.1.15');
    expect(() => pool.take()).toThrow(AddressesExhausted);
    pool.release('10.244.1.7');
    expect(pool.take()).toBe('10.244.1.7');
  });

  it('that pods have already are not given out', () => {
    const pool = new IpamPool('10.244.1.0/24');
    expect(pool.keep('10.244.1.2')).toBe(true);
    expect(pool.keep('10.244.9.2')).toBe(false);
    expect(pool.take()).toBe('10.244.1.3');
  });

  it('of IPv6 are at the same places of the node’s other network', () => {
    const pool = new IpamPool('10.244.1.0/24', 'fd00:10:244:1::/64');
    expect(pool.v6).toEqual({ gateway: 'fd00:10:244:1::1', prefix: 64 });
    expect(pool.v6Of(pool.take())).toBe('fd00:10:244:1::2');
    expect(pool.v6Of('10.244.1.254')).toBe('fd00:10:244:1::fe');
    expect([pool.v6Of('10.244.0.255'), pool.v6Of('10.244.2.0')]).toEqual([undefined, undefined]);
    const bare = new IpamPool('10.244.1.0/24');
    expect([bare.v6, bare.v6Of('10.244.1.2')]).toEqual([undefined, undefined]);
  });
});
