import { EVENT_FORMAT, type LogEvent } from '@shiplog/contracts';
import { decodePart, encodePart, envelopeText, eventText } from './commits';

const PODS = { resource: 'pods' } as const;
/** With all that an event can have: a field that is added must be added here. */
const event: Required<LogEvent> = {
  position: 12,
  time: '2026-01-01T00:00:00.000Z',
  version: EVENT_FORMAT,
  resource: 'pods',
  fact: 'Created',
  namespace: 'default',
  name: 'web',
  uid: 'u-1',
  node: '',
  actor: 'Jürgen, "100%"',
  commandId: 'c 1',
  commandSeq: 0,
  via: 'api.main',
  cause: 3,
  basis: 11,
  data: { facts: { why: 'a test' } },
};
const about = { epoch: 7, from: 11, to: 13, channels: ['pods', 'nodes'], heads: { pods: 9, nodes: 4 } };

describe('a part of a commit', () => {
  it('arrives as it was sent, with its events and what they say', () => {
    const entering = { 12: { metadata: { name: 'web' } } } as never;
    const texts = [event, { ...event, position: 13 }].map((one) =>
      eventText(envelopeText(one), JSON.stringify(one.data)),
    );
    const part = decodePart(encodePart({ ...about, entering }, texts), PODS);
    expect(part).toEqual({ ...about, entering, events: [event, { ...event, position: 13 }] });
  });

  it.each([
    '',
    '7',
    'null',
    '{}',
    '{"from":1,"to":2,"channels":[],"heads":{}}',
    '{"from":1,"to":2,"channels":[],"heads":{},"events":[null]}',
    '{"from":1,"to":2,"channels":["pods"],"heads":null,"events":[]}',
    '{"from":"1","to":2,"channels":["pods"],"heads":{},"events":[]}',
  ])('is not what says %j', (text) => {
    expect(() => decodePart(Buffer.from(text), PODS)).toThrow('not a part of a commit: in the channel of pods');
  });
});
