import * as w from './message';

const Inner = new w.Message('SpecInner', { number: w.int64(1) });
const Outer = new w.Message('SpecOuter', {
  name: w.string(1),
  inner: w.nested(2, Inner),
  many: w.list(w.nested(3, Inner)),
  labels: w.stringMap(4),
  bytes: w.bytes(5),
  yes: w.bool(6),
  words: w.list(w.string(7)),
});

describe('a message of protobuf', () => {
  it('is read as it was written', () => {
    const value = {
      name: 'a',
      inner: { number: 1_795_636_800_123_456_789 },
      many: [{ number: -1 }, { number: 0 }],
      labels: { 'a/b': 'c' },
      bytes: Buffer.from([0, 255]),
      yes: true,
      words: ['x', ''],
    };
    expect(Outer.read(Outer.write(value))).toEqual(value);
  });

  it('has the zero of its kind for what was not sent, and null for a message', () => {
    const nothing = { name: '', inner: null, many: [], labels: {}, yes: false, words: [] };
    expect(Outer.read(Outer.write({}))).toMatchObject(nothing);
  });

  it('tells a message that is empty from one that is not there', () => {
    expect(Outer.read(Outer.write({ inner: {} })).inner).toEqual({ number: 0 });
  });

  it('goes over the wire by numbers, as protobuf has it', () => {
    expect(Outer.write({ name: 'hi', yes: true }).toString('hex')).toBe('0a0268693001');
  });

  it('passes over fields that it does not know, and refuses what is no message', () => {
    expect(Inner.read(Outer.write({ name: 'x', yes: true }).subarray(3))).toEqual({ number: 0 });
    expect(() => Inner.read(Buffer.from([0x0f]))).toThrow();
  });
});
