import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  AccountToken,
  Attach,
  AttachContainer,
  BindPods,
  type COMMANDS,
  CreateObject,
  DeleteCollection,
  DeleteObject,
  EventsQuery,
  EvictPod,
  Head,
  Heartbeat,
  JoinRequest,
  LeadershipClaimed,
  Exec,
  Dial,
  Logs,
  MarkPodsUnschedulable,
  MESSAGES,
  Note,
  ObjectQuery,
  PatchObject,
  PositionQuery,
  problemIn,
  ReplaceObject,
  ReportPods,
  StateQuery,
  type Message,
} from '.';
import { principalOfSubject, subjects } from '../subjects';
import { addressOfMessage, asyncApiDocument, channelId, type AsyncApiDocument } from './asyncapi';

const document = asyncApiDocument();
/** As readers get it: without what JSON can't say. */
const written = parse(readFileSync(join(__dirname, '..', '..', 'asyncapi.yaml'), 'utf8')) as AsyncApiDocument;

const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true, allErrors: false });
ajv.addFormat('date-time', (text) => problemIn(Heartbeat.payload, { time: text }) === undefined);
ajv.addVocabulary(['externalDocs']);
for (const [name, schema] of Object.entries(written.components.schemas)) {
  ajv.addSchema(schema, `#/components/schemas/${name}`);
}
const validator = (channel: string, message = channel) => {
  const { payload } = written.channels[channel]?.messages[message] ?? {};
  if (payload === undefined) throw new Error(`no message ${message} in ${channel}`);
  return ajv.compile(payload);
};

describe('the AsyncAPI document', () => {
  it('is written as the declarations say; npm run generate does it', () => {
    expect(written).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('has a channel for every declaration, at its subject, with its roles', () => {
    for (const message of MESSAGES) {
      expect(document.channels[channelId(message)]).toMatchObject({
        address: addressOfMessage(message),
        description: message.summary,
        'x-from': message.from,
      });
    }
  });

  it('has the event, the later command and the two ends of a stream beside them, and nothing else', () => {
    const declared = new Set(MESSAGES.map(channelId));
    const others = Object.entries(document.channels).filter(([id]) => !declared.has(id));
    expect(others.map(([id, { address }]) => `${id} ${address}`)).toEqual([
      'event shiplog.v1.event.{resource}.{node}.{namespace}.{name}.{fact}',
      'commit shiplog.v1.commit.{resource}',
      'commitOfNode shiplog.v1.commit.{resource}.{node}',
      'commitOfExcerpt shiplog.v1.commit.{resource}._.{excerpt}',
      'commandLater shiplog.v1.command.later.{kind}.{name}.{type}',
      'stream shiplog.v1.stream.to.{role}.{name}.{id}',
      'streamControl shiplog.v1.stream.ctl.{role}.{name}.{id}',
    ]);
  });

  it('has each address once', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    expect(addresses.filter((address, i) => addresses.indexOf(address) !== i)).toEqual([]);
  });

  it('names senders in the subjects where the code reads them', () => {
    for (const message of MESSAGES) {
      const subject = addressOfMessage(message)
        .replace('{kind}', 'api')
        .replace('{name}', 'one')
        .replace('{senderKind}', 'api')
        .replace('{senderName}', 'one')
        .replace('{node}', 'n');
      const named =
        message.kind === 'command' || message.kind === 'query' || message.kind === 'signal' || message === AccountToken;
      expect(principalOfSubject(subject)).toEqual(named ? { kind: 'api', name: 'one' } : undefined);
    }
    expect(subjects.signal('head', 'anyone')).toBe('shiplog.v1.signal.head.*.*');
  });

  it('says of each channel what is done with it, by messages that it has', () => {
    const used = Object.values(document.operations).map(({ channel }) => channel.$ref.split('/').at(-1));
    expect(used.sort()).toEqual(Object.keys(document.channels).sort());
    for (const { messages, reply } of Object.values(document.operations)) {
      for (const { $ref } of [...messages, ...(reply?.messages ?? [])]) {
        const [, , channel = '', , message = ''] = $ref.split('/');
        expect(document.channels[channel]?.messages).toHaveProperty([message]);
      }
    }
  });

  it('describes every payload with a schema that compiles', () => {
    for (const [id, { messages }] of Object.entries(written.channels)) {
      for (const name of Object.keys(messages)) expect(() => validator(id, name)).not.toThrow();
    }
  });

  it('keeps what is of the house alone to the house', () => {
    expect(JSON.stringify(document)).not.toMatch(/"problem"|"\$id"|"format":"line"/);
  });

  it('accepts both kinds of answer to a command, and a failure in place of any other answer', () => {
    const failed = { kind: 'Status', apiVersion: 'v1', code: 404 };
    const command = validator('commandDeleteObject', 'commandDeleteObjectReply');
    const done = { ok: true, position: 7, events: 1, uid: 'u' };
    expect([command(done), command({ ok: false, status: failed }), command({ ok: 'perhaps' })]).toEqual([
      true,
      true,
      false,
    ]);
    const query = validator('queryPosition', 'queryPositionReply');
    expect([query({ position: 7, channels: {} }), query({ failed }), query({})]).toEqual([true, true, false]);
  });

  it('describes what an event and its successors carry', () => {
    const event = validator('event');
    expect([event({ object: { metadata: {} } }), event({ changes: { spec: null } }), event({ object: 7 })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('the schemas of the document and the validators of the processes', () => {
  const envelope = { id: 'c-1', actor: 'admin', cause: 3, basis: 4 };
  const key = { resource: 'pods', namespace: 'default', name: 'web' };
  const pod = { namespace: 'default', name: 'web', uid: 'u' };
  const object = { metadata: { name: 'web' } };
  const as = ({ name: type }: (typeof COMMANDS)[number], data: object) => ({ ...envelope, type, data });
  const deletion = { gracePeriodSeconds: 0, propagationPolicy: 'Orphan', preconditions: { uid: 'u' }, dryRun: true };
  const samples: [Message, unknown][] = [
    [CreateObject, as(CreateObject, { resource: 'pods', namespace: 'default', object, dryRun: false })],
    [ReplaceObject, as(ReplaceObject, { ...key, object, subresource: 'status' })],
    [PatchObject, as(PatchObject, { ...key, patchType: 'merge', patch: { a: null } })],
    [DeleteObject, as(DeleteObject, { ...key, ...deletion })],
    [DeleteCollection, as(DeleteCollection, { resource: 'pods', namespace: '', labelSelector: 'a=b', ...deletion })],
    [EvictPod, as(EvictPod, { namespace: 'a', name: 'b', ...deletion })],
    [BindPods, as(BindPods, { bindings: [{ ...pod, node: 'n', cause: 1, decision: {} }] })],
    [MarkPodsUnschedulable, as(MarkPodsUnschedulable, { pods: [{ ...pod, message: 'full', decision: {} }] })],
    [ReportPods, as(ReportPods, { node: 'n', pods: [{ ...pod, status: { phase: 'Running' } }] })],
    [PositionQuery, { channels: [{ resource: 'pods', node: 'n' }], hashes: true }],
    [ObjectQuery, { key, at: 3, for: pod }],
    [EventsQuery, { channels: [{ resource: 'pods' }], after: 0, upTo: 9, limit: 5 }],
    [StateQuery, { channels: [{ resource: 'nodes' }], at: 3 }],
    [Head, { position: 3, epoch: 1, channels: { pods: 2 }, hashes: { pods: 'x' } }],
    [Heartbeat, { time: '2024-05-31T12:00:00Z' }],
    [Note, { type: 'Normal', reason: 'r', message: 'm', component: 'kubelet', host: 'n', about: { ...key, uid: 'u' } }],
    [Logs, { namespace: 'a', pod: 'b', uid: 'u', container: 'c', follow: true, tailLines: 3, sinceSeconds: 9 }],
    [Exec, { namespace: 'a', pod: 'b', uid: 'u', container: 'c', command: ['ls', ''], stdin: true, tty: true }],
    [AttachContainer, { namespace: 'a', pod: 'b', uid: 'u', container: 'c', stdout: true }],
    [Dial, { namespace: 'a', pod: 'b', uid: 'u', port: 80, at: 'loopback' }],
    [
      Attach,
      {
        uid: 'u-1',
        namespace: 'a',
        name: 'b',
        pid: 7,
        hostPorts: [{ hostPort: 80, containerPort: 8080, protocol: 'TCP', hostIP: '10.0.0.1' }],
      },
    ],
    [LeadershipClaimed, { member: 'm', state: 'leads', since: 1.5, asks: true }],
    [JoinRequest, { node: 'n', agents: [{ role: 'kubelet', nkey: `U${'A'.repeat(55)}`, csr: 'x' }] }],
  ];

  it.each(samples.map(([message, sample]) => [channelId(message), message, sample] as const))(
    'accept the same %s',
    (id, message, sample) => {
      expect(problemIn(message.payload, sample)).toBeUndefined();
      expect(validator(id)(sample)).toBe(true);
    },
  );

  const junk = fc.oneof(
    fc.constantFrom(null, true, '', 'a', 'a\nb', '\u0000', 0, -1, 1.5, 2 ** 53, [], {}, [{}], [''], 'pods', 'Orphan'),
    fc.jsonValue(),
  );

  it('say the same of any change to what is well-formed', () => {
    const validators = new Map(samples.map(([message]) => [message, validator(channelId(message))]));
    const disagreements = fc.property(
      fc.nat(samples.length - 1),
      fc.nat(),
      fc.boolean(),
      junk,
      (row, at, cut, value) => {
        const [message, sample] = samples[row] ?? [Heartbeat, {}];
        const changed = mutated(sample, at, cut ? undefined : value);
        const problem = problemIn(message.payload, changed);
        // JSON has no way to say half of a surrogate pair but an escape, and JSON Schema none to refuse it.
        fc.pre(JSON.stringify(changed) === JSON.stringify(changed).replace(/\\ud[89a-f]/g, ''));
        expect({ changed, problem, accepted: validators.get(message)?.(changed) }).toEqual({
          changed,
          problem,
          accepted: problem === undefined,
        });
      },
    );
    fc.assert(disagreements, { numRuns: 3_000 });
  });
});

/** A copy in which one of the values, wherever it is, is another one, or gone. */
function mutated(sample: unknown, at: number, value: unknown): unknown {
  const copy = structuredClone(sample);
  const places: [Record<string, unknown>, string][] = [];
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [name, inner] of Object.entries(part)) {
      places.push([part as Record<string, unknown>, name]);
      visit(inner);
    }
  };
  visit(copy);
  const [owner, name] = places[at % places.length] ?? [];
  if (owner === undefined || name === undefined) return value ?? null;
  if (value === undefined && !Array.isArray(owner)) Reflect.deleteProperty(owner, name);
  else owner[name] = value ?? null;
  return copy;
}
