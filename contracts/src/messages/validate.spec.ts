import { Type } from '@sinclair/typebox';
import { Attach, Batch, Heartbeat, JoinRequest, Logs, Note, problemIn, StateQuery } from '.';
import { Line, Name, OneOf, Optional, Position, Seconds, Time } from './schemas';

describe('what is wrong with a value', () => {
  const schema = Type.Object({
    name: Name(),
    count: Optional(Position()),
    wait: Optional(Seconds()),
    word: Optional(OneOf(['left', 'right'])),
    flag: Optional(Type.Boolean()),
    half: Optional(Type.Number()),
    when: Optional(Time()),
    short: Optional(Type.String({ maxLength: 3 })),
    list: Optional(Type.Array(Type.Object({ line: Line() }))),
    fixed: Optional(Type.Literal(7)),
  });

  it.each([
    [undefined, 'must be a JSON object'],
    [null, 'must be a JSON object'],
    [[], 'must be a JSON object'],
    ['text', 'must be a JSON object'],
    [{}, 'name is required'],
    [{ name: undefined }, 'name is required'],
    [{ name: null }, 'name must be a string'],
    [{ name: '' }, 'name must not be empty'],
    [{ name: 'a\tb' }, 'name must not hold control characters or broken characters'],
    [{ name: '\ud800' }, 'name must not hold control characters or broken characters'],
    [{ name: 'a', count: 1.5 }, 'count must be a position: a whole number from 0'],
    [{ name: 'a', count: 2 ** 53 }, 'count must be a position: a whole number from 0'],
    [{ name: 'a', wait: '3s' }, 'wait must be a whole number of seconds'],
    [{ name: 'a', word: 'up' }, 'word must be one of left, right'],
    [{ name: 'a', flag: 'yes' }, 'flag must be true or false'],
    [{ name: 'a', half: '0.5' }, 'half must be a number'],
    [{ name: 'a', when: 'noon' }, 'when must be a time such as 2024-05-31T12:00:00Z'],
    [{ name: 'a', when: '2026-13-31T12:00:00Z' }, 'when must be a time such as 2024-05-31T12:00:00Z'],
    [{ name: 'a', short: 'long' }, 'short must have at most 3 characters'],
    [{ name: 'a', list: {} }, 'list must be a list'],
    [{ name: 'a', list: [{ line: '' }, { line: 3 }] }, 'list.1.line must be a string'],
    [{ name: 'a', fixed: 8 }, 'fixed must be 7'],
  ])('%j: %s', (value, problem) => {
    expect(problemIn(schema, value)).toBe(problem);
  });

  it('is nothing when all is as declared, more than declared included', () => {
    const times = ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00+02:00'];
    for (const when of times) {
      expect(problemIn(schema, { name: 'Zoë 🚢', count: 0, wait: -1, word: 'left', when, more: 1 })).toBeUndefined();
    }
  });
});

describe('declared messages', () => {
  it('take what their senders send', () => {
    expect(problemIn(Heartbeat.payload, { time: new Date(0).toISOString() })).toBeUndefined();
    expect(problemIn(StateQuery.payload, { channels: [{ resource: 'pods', node: 'a.b' }] })).toBeUndefined();
    expect(problemIn(Batch.payload, [{}, 7])).toBeUndefined();
  });

  const about = { resource: 'pods', namespace: 'a', name: 'b', uid: 'u' };
  const note = { type: 'Normal', reason: '', message: '', component: '', host: '', about };
  it.each([
    [Batch, Array.from({ length: 2_001 }, () => ({})), 'must be a list of at most 2000 commands'],
    [Batch, {}, 'must be a list of at most 2000 commands'],
    [Heartbeat, { time: 7 }, 'time must be a time such as 2024-05-31T12:00:00Z'],
    [StateQuery, { channels: [{ resource: '' }] }, 'channels.0.resource'],
    [Attach, { uid: '../../etc', namespace: 'a', name: 'b', pid: 7 }, 'uid must be a uid: letters, digits and dashes'],
    [Attach, { uid: 'u', namespace: 'a', name: 'b', pid: 0 }, 'pid must be a process id'],
    [
      Attach,
      { uid: 'u', namespace: 'a', name: 'b', pid: 7, hostPorts: [{ hostPort: 0, containerPort: 80, protocol: 'TCP' }] },
      'hostPorts.0.hostPort must be a port: a whole number from 1 to 65535',
    ],
    [
      Logs,
      { namespace: 'a', pod: 'b', uid: 'u', container: 'c', tailLines: -1 },
      'tailLines must be a position: a whole',
    ],
    [Note, { ...note, type: 'Info' }, 'type must be one of Normal, Warning'],
    [JoinRequest, { node: 'A', agents: [] }, 'node must be the name of a node: lower-case letters, digits'],
  ])('refuse what nobody must send: case %#', (message, payload, problem) => {
    expect(problemIn(message.payload, payload)).toContain(problem);
  });
});
