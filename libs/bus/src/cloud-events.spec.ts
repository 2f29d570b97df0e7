import type { LogEvent } from '@shiplog/contracts';
import { decodeEvent, encodeEvent } from './cloud-events';

const event: LogEvent = {
  position: 12,
  time: '2026-01-01T00:00:00.000Z',
  type: 'LeaseCreated',
  version: 1,
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

describe('an event as a CloudEvent', () => {
  it('arrives as it was sent, names with dots and actors beyond ASCII included', () => {
    const { subject, payload, headers } = encodeEvent(event, { prev: 4, prevNode: 0 });
    expect(subject).toBe(
      'shiplog.v1.event.leases%2Ecoordination%2Ek8s%2Eio.node%2Eexample%2Ecom.kube-system.a%2Eb.LeaseCreated',
    );
    expect(decodeEvent({ subject, data: payload, headers })).toEqual({
      event,
      prev: 4,
      prevNode: 0,
      entering: undefined,
    });
  });

  it('from before senders were known says nobody vouched for it', () => {
    const { subject, payload, headers } = encodeEvent({ ...event, via: undefined }, { prev: 4 });
    expect(headers.has('ce-via')).toBe(false);
    expect(decodeEvent({ subject, data: payload, headers }).event.via).toBeUndefined();
  });

  it('has the attributes that CloudEvents 1.0 requires', () => {
    const { headers } = encodeEvent(event, { prev: 4 });
    expect(['ce-specversion', 'ce-id', 'ce-source', 'ce-type'].map((name) => headers.get(name))).toEqual([
      '1.0',
      '12',
      '/shiplog/journal',
      'shiplog.LeaseCreated',
    ]);
  });

  it('something else on the subject is refused with its name', () => {
    expect(() => decodeEvent({ subject: 'shiplog.v1.event.pods', data: new Uint8Array(), headers: undefined })).toThrow(
      'not an event: shiplog.v1.event.pods',
    );
  });
});
