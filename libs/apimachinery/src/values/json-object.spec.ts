import { setFlagsFromString } from 'node:v8';
import { copyToExtend } from './json-object';

describe('copyToExtend', () => {
  it('keeps the order of fields, also of one called __proto__, and leaves the object alone', () => {
    const object = JSON.parse('{"b":1,"__proto__":{"a":2},"a":3}') as Record<string, unknown>;
    const copy = copyToExtend(object);
    copy.c = 4;
    expect(JSON.stringify(copy)).toBe('{"b":1,"__proto__":{"a":2},"a":3,"c":4}');
    expect(JSON.stringify(object)).toBe('{"b":1,"__proto__":{"a":2},"a":3}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('makes objects of one hidden class from those of one, also with a field more', () => {
    setFlagsFromString('--allow-natives-syntax');
    const areOfOneClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
    setFlagsFromString('--no-allow-natives-syntax');
    const extended = Array.from({ length: 20 }, (_, i) => {
      const copy: Record<string, unknown> = copyToExtend({ name: `pod-${i}`, uid: `${i}`, generation: 1 });
      copy.resourceVersion = String(i);
      return copy;
    });
    expect(areOfOneClass(extended[10]!, extended[19]!)).toBe(true);
  });
});
