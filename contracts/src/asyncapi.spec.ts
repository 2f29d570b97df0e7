import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import type { AnyCommand, CommandReply } from './commands';
import { COMMAND_TYPES } from './commands';
import { subjects } from './subjects';

interface Document {
  channels: Record<string, { address: string; messages: Record<string, { payload: { $ref?: string } }> }>;
  operations: Record<string, { channel: { $ref: string } }>;
  components: { schemas: Record<string, object> };
}

const document = parse(readFileSync(join(__dirname, '..', 'asyncapi.yaml'), 'utf8')) as Document;
const addresses = Object.values(document.channels).map((channel) => channel.address);

/** What each function of `subjects` makes of placeholders: the address that the document must have. */
const made: Record<keyof typeof subjects, string[]> = {
  event: [
    subjects.event({
      resource: '{resource}' as never,
      node: '{node}',
      namespace: '{namespace}',
      name: '{name}',
      type: '{type}' as never,
    }),
  ],
  channel: [], // A subscription to `event`, not a subject of its own.
  command: COMMAND_TYPES.map((type) => subjects.command(type)),
  commandBatch: [subjects.commandBatch],
  commandLater: [subjects.commandLater('{type}' as never)],
  query: (['position', 'object', 'events', 'history', 'command'] as const).map((name) => subjects.query(name)),
  stateQuery: [subjects.stateQuery],
  signal: (['head', 'heartbeat', 'note'] as const).map((name) => subjects.signal(name, '{source}')),
  node: (['logs', 'attach', 'detach'] as const).map((verb) => subjects.node('{node}', verb)),
  health: [subjects.health('{service}', '{instance}')],
  leadership: [subjects.leadership('{role}')],
  leadershipMember: [subjects.leadershipMember('{role}', '{member}')],
  healthAll: [subjects.healthAll],
};

const ajv = new Ajv({ strict: false });
ajv.addSchema({ $id: 'asyncapi', ...document });
const validator = (pointer: string) => ajv.compile({ $ref: `asyncapi#/${pointer}` });

describe('the AsyncAPI document', () => {
  it('has exactly the subjects that the code has', () => {
    expect([...addresses].sort()).toEqual(Object.values(made).flat().sort());
  });

  it('says of each channel what is done with it', () => {
    const used = new Set(Object.values(document.operations).map((operation) => operation.channel.$ref));
    expect([...used].sort()).toEqual(
      Object.keys(document.channels)
        .map((id) => `#/channels/${id}`)
        .sort(),
    );
  });

  it('describes every payload with a schema that compiles', () => {
    for (const [id, channel] of Object.entries(document.channels)) {
      for (const name of Object.keys(channel.messages)) {
        expect(() => validator(`channels/${id}/messages/${name}/payload`)).not.toThrow();
      }
    }
  });

  it('accepts a command that the types accept, and refuses one that they refuse', () => {
    const command: AnyCommand = {
      id: 'c-1',
      type: 'DeleteObject',
      actor: 'admin',
      data: { resource: 'pods', namespace: 'default', name: 'web', gracePeriodSeconds: 0, propagationPolicy: 'Orphan' },
    };
    const valid = validator('channels/commandDeleteObject/messages/commandDeleteObject/payload');
    expect(valid(command)).toBe(true);
    expect(valid({ ...command, data: { ...command.data, propagationPolicy: 'Never' } })).toBe(false);
    expect(valid({ ...command, actor: undefined })).toBe(false);
  });

  it('accepts both kinds of answer to a command', () => {
    const done: CommandReply = { ok: true, position: 7, events: 1, uid: 'u' };
    const refused: CommandReply = { ok: false, status: { kind: 'Status', apiVersion: 'v1', code: 404 } };
    const valid = validator('components/schemas/CommandReply');
    expect([valid(done), valid(refused), valid({ ok: 'perhaps' })]).toEqual([true, true, false]);
  });
});
