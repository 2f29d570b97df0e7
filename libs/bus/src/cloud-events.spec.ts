import { EVENT_FORMAT, type LogEvent } from '@shiplog/contracts';
import { headers } from 'nats';
import { decodeEvent, encodeEvent } from './cloud-events';

/** With all that an event can have: a field that is added must be added here. */
const event: Required<LogEvent> = {
  position: 12,
  time: '2026-01-01T00:00:00.000Z',
  fact: 'Created',
  version: EVENT_FORMAT,
  resource: 'leases.coordination.k8s.io',
  namespace: 'kube-system',
  name: 'a.b',
  uid: 'u-1',
  node: 'node.example.com',
  actor: 'Jürgen, 100%',
  via: 'user.Jürgen 100%',
  commandId: 'c 1',
  commandSeq: 2,
  cause: 3,
  basis: 11,
  data: { facts: { why: 'test' } },
};

type Encoded = ReturnType<typeof encodeEvent>;

/** As nats.js hands it over: the headers still undecoded, in front of the payload. */
function arrived({ subject, payload, headers: sent }: Encoded): Parameters<typeof decodeEvent>[0] {
  const head = sent.encode();
  const bytes = Buffer.concat([Buffer.from('MSG'), head, payload]).subarray(3);
  const undecoded = { _rdata: bytes, _msg: { hdr: head.length } };
  return { subject, data: bytes.subarray(head.length), headers: undefined, ...undecoded };
}

/** As another version of nats.js might: only by its documented interface. */
function arrivedDecoded(encoded: Encoded): Parameters<typeof decodeEvent>[0] {
  const decoded = headers();
  for (const [name, value] of linesOf(encoded)) decoded.append(name, value);
  return { subject: encoded.subject, data: encoded.payload, headers: decoded };
}

function linesOf({ headers: sent }: Encoded): [name: string, value: string][] {
  const [version, ...lines] = Buffer.from(sent.encode()).toString('ascii').split('\r\n');
  expect(version).toBe('NATS/1.0');
  expect(lines.splice(-2)).toEqual(['', '']);
  return lines.map((line) => line.split(': ') as [string, string]);
}

describe('an event as a CloudEvent', () => {
  it.each([
    ['in bytes', arrived],
    ['decoded by nats.js', arrivedDecoded],
  ])('arrives %s as it was sent, names with dots and actors beyond ASCII included', (_, arrive) => {
    const encoded = encodeEvent(event, { prev: 4, prevNode: 0 }, 7);
    expect(encoded.subject).toBe(
      'shiplog.v1.event.leases%2Ecoordination%2Ek8s%2Eio.node%2Eexample%2Ecom.kube-system.a%2Eb.Created',
    );
    expect(decodeEvent(arrive(encoded))).toEqual({
      event,
      epoch: 7,
      prev: 4,
      prevNode: 0,
    });
  });

  it('has no header of what it does not have', () => {
    const { via, cause, basis, ...bare } = event;
    expect([via, cause, basis]).not.toContain(undefined);
    const encoded = encodeEvent(bare, { prev: 4 }, 1);
    const names = linesOf(encoded).map(([name]) => name);
    expect(['ce-via', 'ce-cause', 'ce-basis', 'ce-prevnode'].filter((name) => names.includes(name))).toEqual([]);
    expect(decodeEvent(arrived(encoded)).event).toEqual({
      ...bare,
      via: undefined,
      cause: undefined,
      basis: undefined,
    });
  });

  it('has the attributes that CloudEvents 1.0 requires', () => {
    const values = new Map(linesOf(encodeEvent(event, { prev: 4 }, 1)));
    expect(['ce-specversion', 'ce-id', 'ce-source', 'ce-type'].map((name) => values.get(name))).toEqual([
      '1.0',
      '12',
      '/shiplog/journal',
      'shiplog.leases.coordination.k8s.io.Created',
    ]);
  });

  it('no text of an event makes a header of its own', () => {
    const text = 'a\r\nce-id: 99\r\n\r\n';
    const encoded = encodeEvent({ ...event, actor: text, commandId: text, via: text, name: text }, { prev: 4 }, 1);
    expect(linesOf(encoded).filter(([name]) => name === 'ce-id')).toEqual([['ce-id', '12']]);
    expect(decodeEvent(arrived(encoded)).event).toMatchObject({ actor: text, commandId: text, via: text, name: text });
  });

  it('something else on the subject is refused with its name', () => {
    expect(() => decodeEvent({ subject: 'shiplog.v1.event.pods', data: new Uint8Array(), headers: undefined })).toThrow(
      'not an event: shiplog.v1.event.pods',
    );
  });
});
