import { decode, encode, RECURSION_DESIRED, type Answer, type Packet } from 'dns-packet';
import { isUnanswerable, RCODE, readQuery, type Query } from './query';
import { encodeRefusal, encodeReply } from './reply';

const NAME = 'Web.default.svc.cluster.local';

const message = (packet: Packet = {}): Buffer =>
  encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, questions: [{ name: NAME, type: 'A' }], ...packet });
const withEdns = (udpPayloadSize: number): Packet => ({
  additionals: [
    { type: 'OPT', name: '.', udpPayloadSize, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  ],
});

function queryOf(bytes: Buffer): Query {
  const query = readQuery(bytes);
  if (query === undefined || isUnanswerable(query)) throw new Error('no query');
  return query;
}

const addresses = (count: number): Answer[] =>
  Array.from({ length: count }, (_, i) => ({
    name: NAME.toLowerCase(),
    type: 'A',
    ttl: 5,
    data: `10.244.${i >> 8}.${i & 255}`,
  }));
const ok = (answers: Answer[]) => ({ rcode: RCODE.ok, authoritative: true, answers });

describe('a question', () => {
  it('is known by its name in any case', () => {
    expect(queryOf(message())).toMatchObject({ id: 7, name: NAME.toLowerCase(), type: 'A', udpBytes: 512 });
    expect(queryOf(message(withEdns(4_096))).udpBytes).toBe(1_232);
    expect(queryOf(message(withEdns(100))).udpBytes).toBe(512);
  });

  const bytes = message();
  const changed = (change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(bytes);
    change(copy);
    return copy;
  };
  it.each<[string, Buffer, number | undefined]>([
    ['nothing', Buffer.alloc(0), undefined],
    ['less than a header', bytes.subarray(0, 11), undefined],
    ['an answer', changed((copy) => copy.writeUInt8(0x80, 2)), undefined],
    ['another operation', changed((copy) => copy.writeUInt8(0x28, 2)), RCODE.notImplemented],
    ['no question', message({ questions: [] }), RCODE.formatError],
    [
      'two questions',
      message({
        questions: [
          { name: 'a', type: 'A' },
          { name: 'b', type: 'A' },
        ],
      }),
      RCODE.formatError,
    ],
    ['a name that is cut off', bytes.subarray(0, 20), RCODE.formatError],
    [
      'a name that points to itself',
      Buffer.concat([bytes.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
      RCODE.formatError,
    ],
    ['a dot within a label', changed((copy) => copy.write('.', 14)), RCODE.formatError],
    ['bytes that are no text', changed((copy) => copy.writeUInt8(0xff, 14)), RCODE.formatError],
    ['another class', changed((copy) => copy.writeUInt16BE(3, copy.length - 2)), RCODE.refused],
    ['a whole zone', message({ questions: [{ name: 'cluster.local', type: 'AXFR' }] }), RCODE.refused],
    ['more records than there are', changed((copy) => copy.writeUInt16BE(60_000, 6)), RCODE.formatError],
  ])('that is none is refused: %s', (_title, given, rcode) => {
    const query = readQuery(given);
    if (rcode === undefined) return expect(query).toBeUndefined();
    expect(query).toMatchObject({ rcode, id: 7 });
    if (query === undefined || !isUnanswerable(query)) throw new Error('answerable');
    const refusal = encodeRefusal(query);
    expect(refusal.readUInt16BE(2) & 0x800f).toBe(0x8000 | rcode);
    expect(() => decode(refusal)).not.toThrow();
  });
});

describe('a reply', () => {
  it('repeats the question as it was, and points to its name', () => {
    const bytes = encodeReply(queryOf(message()), ok(addresses(2)), 'udp');
    const { id, questions, answers, flag_aa: isOurs, flag_rd: wanted, flag_tc: isCut } = decode(bytes);
    expect({ id, isOurs, wanted, isCut }).toEqual({ id: 7, isOurs: true, wanted: true, isCut: false });
    expect(questions).toMatchObject([{ name: NAME, type: 'A' }]);
    expect(answers?.map((record) => [record.name, 'data' in record && record.data])).toEqual([
      [NAME, '10.244.0.0'],
      [NAME, '10.244.0.1'],
    ]);
    // 16 bytes an address, whatever the length of the name.
    expect(bytes.length).toBe(message().length + 2 * 16);
  });

  it('takes what the client does, says what is cut off, and is whole by TCP', () => {
    const many = addresses(300);
    const small = encodeReply(queryOf(message()), ok(many), 'udp');
    expect(small.length).toBeLessThanOrEqual(512);
    expect(decode(small)).toMatchObject({ flag_tc: true });
    expect(decode(small).answers?.length).toBeGreaterThan(25);
    const larger = encodeReply(queryOf(message(withEdns(4_096))), ok(many), 'udp');
    expect(larger.length).toBeLessThanOrEqual(1_232);
    expect(decode(larger).additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232 }]);
    const whole = decode(encodeReply(queryOf(message()), ok(many), 'tcp'));
    expect(whole).toMatchObject({ flag_tc: false });
    expect(whole.answers).toHaveLength(300);
  });
});
