import { classOf, InFlight } from './in-flight';

describe('InFlight', () => {
  it('has so many places for each class, given back once', () => {
    const inFlight = new InFlight({ maxReads: 1, maxWrites: 2 });
    const leave = inFlight.enter('reading');
    expect(leave).toBeDefined();
    expect(inFlight.enter('reading')).toBeUndefined();
    expect([inFlight.enter('changing'), inFlight.enter('changing'), inFlight.enter('changing')]).toEqual([
      expect.any(Function),
      expect.any(Function),
      undefined,
    ]);
    leave?.();
    leave?.();
    expect(inFlight.enter('reading')).toBeDefined();
    expect(inFlight.enter('reading')).toBeUndefined();
  });

  it("counts those who have seats by other rules, and gives them nobody's place", () => {
    const inFlight = new InFlight({ maxReads: 1, maxWrites: 1 });
    const ends = [inFlight.count('changing'), inFlight.count('changing')];
    expect([inFlight.enter('changing'), inFlight.now('changing')]).toEqual([expect.any(Function), 3]);
    for (const end of ends) end();
    expect(inFlight.now('changing')).toBe(1);
  });

  it('does not count watches and logs', () => {
    const inFlight = new InFlight({ maxReads: 0, maxWrites: 0 });
    expect(inFlight.enter(classOf('watch', undefined))).toBeDefined();
    expect(inFlight.enter(classOf('get', 'log'))).toBeDefined();
    expect(inFlight.enter(classOf('get', 'scale'))).toBeUndefined();
    expect(inFlight.enter(classOf('patch', undefined))).toBeUndefined();
  });
});
