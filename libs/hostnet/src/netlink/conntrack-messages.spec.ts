import { deleteFlow, listUdpFlows, readUdpFlows, throwRefusal } from './conntrack-messages';

/** What kernel 6.18 answered: the tuples of both directions (of UDP from 10.1.0.1:41001), status, id, use and timeout. */
const TO_NAME_SERVER =
  'a400000000012200000000001523000002000000' +
  '3400018014000180080001000a010001080002000a0100071c000280050001001100000006000200a02900000600030000350000' +
  '3400028014000180080001000a010007080002000a0100011c0002800500010011000000060002000035000006000300a0290000' +
  '0800030000000188080008000000000008000c008d2d6d4508000b0000000002080007000000001d';
const TO_SERVICE =
  'a400000000012200000000001523000002000000' +
  '3400018014000180080001000a010001080002000a60000a1c000280050001001100000006000200a02900000600030000500000' +
  '3400028014000180080001000a010009080002000a0100011c0002800500010011000000060002001f90000006000300a0290000' +
  '08000300000001a8080008000000000008000c0002eed05d08000b0000000002080007000000001d';
/** The same of IPv6, from fd00:1::1 to fd00:96::a, which is translated to fd00:1::2. */
const TO_IPV6_SERVICE =
  'd40000000001220000000000ed5b00000a000000' +
  '4c0001802c00018014000300fd00000100000000000000000000000114000400fd00009600000000000000000000000a' +
  '1c000280050001001100000006000200a02900000600030000500000' +
  '4c0002802c00018014000300fd00000100000000000000000000000214000400fd000001000000000000000000000001' +
  '1c0002800500010011000000060002001f90000006000300a0290000' +
  '08000300000001a8080008000000000008000c0010ccfe4a08000b0000000002080007000000001d';
const DONE = '1400000003000200000000001523000000000000';
const GONE =
  '64000000020000000000000023230000feffffff500000000201010000000000000000000200000034000180' +
  '14000180080001000a010001080002000a0100071c000280050001001100000006000200a029000006000300003500000800' +
  '0c008d2d6d45';
const bytes = (...hex: string[]) => Buffer.from(hex.join(''), 'hex');

describe('messages of conntrack', () => {
  it('ask for what is UDP and of a family, and no more', () => {
    const tuple = '10000180' + '0c000280' + '0500010011000000';
    const filter = '14001980' + '0800010008000000' + '0800020000000000';
    expect(listUdpFlows().toString('hex')).toBe(`3800000001010103000000000000000002000000${tuple}${filter}`);
    expect(listUdpFlows('ip6').toString('hex')).toBe(`380000000101010300000000000000000a000000${tuple}${filter}`);
  });

  it('tell where a conversation leads, and which one it is', () => {
    const flows = readUdpFlows(bytes(TO_NAME_SERVER, TO_SERVICE, DONE));
    expect(flows).toMatchObject([
      { address: '10.1.0.7', port: '53', backend: '10.1.0.7', backendPort: '53', isTranslated: false },
      { address: '10.96.0.10', port: '80', backend: '10.1.0.9', backendPort: '8080', isTranslated: true },
    ]);
    const deletion = deleteFlow(flows[1] as never).toString('hex');
    expect(deletion).toBe(
      '5000000002010100000000000000000002000000' +
        '3400018014000180080001000a010001080002000a60000a1c000280050001001100000006000200a02900000600030000500000' +
        '08000c0002eed05d',
    );
  });

  it('tell it of IPv6 in canonical addresses', () => {
    const [flow] = readUdpFlows(bytes(TO_IPV6_SERVICE, DONE));
    const ends = { address: 'fd00:96::a', port: '80', backend: 'fd00:1::2', backendPort: '8080' };
    expect(flow).toMatchObject({ ...ends, isTranslated: true });
    expect(deleteFlow(flow as never).toString('hex')).toBe(
      `680000000201010000000000000000000a000000${TO_IPV6_SERVICE.slice(40, 192)}08000c0010ccfe4a`,
    );
  });

  it.each([
    ['that speaks TCP', TO_SERVICE.replaceAll('0500010011', '0500010006')],
    ['of a kind unknown', TO_SERVICE.replace('a40000000001', 'a40000000009')],
    ['that is cut off', TO_SERVICE.slice(0, 200)],
    ['whose attributes claim a length of none', TO_SERVICE.replace('34000180', '00000180')],
    ['of nothing at all', '00000000'.repeat(5)],
  ])('make no conversation of an answer %s', (_, answer) => {
    expect(readUdpFlows(bytes(answer))).toEqual([]);
  });

  it('are refused aloud, but for what was not there any more', () => {
    expect(() => throwRefusal(bytes(GONE))).not.toThrow();
    expect(() => throwRefusal(bytes(GONE, GONE.replace('feffffff', 'ffffffff')))).toThrow('netfilter refused: errno 1');
    expect(() => readUdpFlows(bytes(GONE.replace('feffffff', 'eaffffff')))).toThrow('netfilter refused: errno 22');
  });
});
