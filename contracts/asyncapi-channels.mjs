// What the types cannot say: which type travels on which subject, who sends it, and why. Read by asyncapi.mjs, and
// compared with contracts/src/subjects.ts by asyncapi.spec.ts.

export const INFO = {
  asyncapi: '3.0.0',
  info: {
    title: 'Shiplog',
    version: 'v1',
    description:
      'Everything that travels on NATS between the services of a Shiplog cluster, and what anybody else with the right may send. Operations are those of the cluster as a whole: `receive` is what may be sent to it, `send` is what it publishes.',
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  },
  defaultContentType: 'application/json',
  servers: {
    bus: {
      host: '{host}:{port}',
      protocol: 'nats',
      variables: { host: { default: '127.0.0.1' }, port: { default: '4222' } },
    },
  },
};

const number = (description) => ({ type: 'string', pattern: '^[0-9]+$', description });
const text = (description) => ({ type: 'string', description });

/** CloudEvents 1.0, binary mode: context attributes are headers. */
const EVENT_HEADERS = {
  type: 'object',
  properties: {
    'ce-specversion': { const: '1.0' },
    'ce-id': number('Position in the log.'),
    'ce-source': text('Who published it.'),
    'ce-type': text('`shiplog.` and the event type.'),
    'ce-time': { type: 'string', format: 'date-time' },
    'ce-subject': text('Resource, namespace and name of the object.'),
    'content-type': { const: 'application/json' },
    'ce-typeversion': number('Version of the event type.'),
    'ce-uid': text('Of the object.'),
    'ce-actor': text('Who asked for the change; percent-encoded where it is not printable ASCII.'),
    'ce-via': text(
      'Whose credentials sent the command, as `kind.name`; percent-encoded where it is not printable ASCII. Absent in old events.',
    ),
    'ce-commandid': text('The command that was decided; percent-encoded where it is not printable ASCII.'),
    'ce-commandseq': number("Which of the command's events this is, from 0."),
    'ce-cause': number('Position of the event that made the actor act.'),
    'ce-basis': number('Position that the actor had read.'),
    'ce-prev': number("Position of the event before this one in the resource's channel; 0 for the first."),
    'ce-prevnode': number("The same in the node's channel, where the object belongs to a node."),
  },
  required: [
    'ce-specversion',
    'ce-id',
    'ce-source',
    'ce-type',
    'ce-time',
    'ce-uid',
    'ce-actor',
    'ce-commandid',
    'ce-prev',
  ],
};

const commands = [
  ['CreateObject', 'Creates an object.'],
  ['ReplaceObject', 'Replaces an object or a part of it.'],
  ['PatchObject', 'Patches an object or a part of it.'],
  ['DeleteObject', 'Deletes an object.'],
  ['DeleteCollection', 'Deletes what the selectors choose.'],
  ['BindPods', 'Gives pods their nodes.'],
  ['MarkPodsUnschedulable', 'Says which pods fit on no node, and why.'],
  ['ReportPods', "Reports what a kubelet saw of its node's pods."],
];

const queries = [
  ['position', 'Which position is committed.'],
  ['object', 'One object, now or as it was at a position.'],
  ['events', 'The events of channels after a position.'],
  ['history', 'The last events of an object or of the cluster.'],
  ['command', 'What became of an earlier command.'],
];

const signals = [
  ['head', 'How far the log is, so that a consumer notices that it missed the tail of a channel.'],
  ['heartbeat', 'A kubelet is alive.'],
  ['note', 'Something worth a line in `kubectl describe` that is no fact of the log.'],
];

const capital = (name) => name[0].toUpperCase() + name.slice(1);

/** One row a subject: its address, the types that travel on it, and the operation. */
export const CHANNELS = [
  {
    id: 'event',
    address: 'shiplog.v1.event.{resource}.{node}.{namespace}.{name}.{type}',
    says: 'Every event of the log, as a CloudEvent in binary mode. Subscribe to `shiplog.v1.event.<resource>.>` for the channel of a resource, and to `shiplog.v1.event.<resource>.<node>.>` for that of a node. `_` stands for no node and no namespace.',
    payload: 'EventBody',
    headers: EVENT_HEADERS,
    action: 'send',
    operation: 'publishEvent',
    does: 'The journal publishes each event once it is committed.',
  },
  ...commands.map(([type, does]) => ({
    id: `command${type}`,
    address: `shiplog.v1.command.${type}`,
    says: `${does} Answered once it is decided and committed; the same id again gets the same answer.`,
    payload: `Command<'${type}'>`,
    reply: 'CommandReply',
    action: 'receive',
    operation: `ask${type}`,
    does,
  })),
  {
    id: 'commandBatch',
    address: 'shiplog.v1.command.Batch',
    says: 'Several commands in one message, answered by as many replies in the same order. Each is decided on its own.',
    payload: 'AnyCommand[]',
    reply: 'CommandReply[]',
    action: 'receive',
    operation: 'askBatch',
    does: 'Decides several commands.',
  },
  {
    id: 'commandLater',
    address: 'shiplog.v1.command.later.{type}',
    says: 'Publish and go: JetStream keeps the command (any type) until the journal has decided it. Its fate can be asked by its id on `shiplog.v1.query.command`.',
    payload: 'AnyCommand',
    action: 'receive',
    operation: 'leaveCommand',
    does: 'Stores a command to be decided.',
  },
  ...queries.map(([name, does]) => ({
    id: `query${capital(name)}`,
    address: `shiplog.v1.query.${name}`,
    says: `${does} Answered by the journal.`,
    payload: `Queries['${name}']['ask']`,
    reply: `Queries['${name}']['answer'] | QueryFailure`,
    action: 'receive',
    operation: `answer${capital(name)}`,
    does,
  })),
  {
    id: 'queryState',
    address: 'shiplog.v1.query.state',
    says: 'The objects of channels, now or at a position, as a flow-controlled stream of JSON lines (see libs/bus/src/streams.ts).',
    payload: 'StateRequest',
    reply: 'StateChunk',
    action: 'receive',
    operation: 'streamState',
    does: 'Streams the state at a position.',
  },
  ...signals.map(([name, does]) => ({
    id: `signal${capital(name)}`,
    address: `shiplog.v1.signal.${name}.{source}`,
    says: `${does} Never logged.`,
    payload: `Signals['${name}']`,
    action: 'send',
    operation: `signal${capital(name)}`,
    does,
  })),
  {
    id: 'nodeLogs',
    address: 'shiplog.v1.node.{node}.logs',
    says: "A container's log, as a flow-controlled stream of bytes (see libs/bus/src/streams.ts).",
    payload: 'LogsRequest',
    action: 'receive',
    operation: 'streamLogs',
    does: "The node's kubelet streams a container's log.",
  },
  {
    id: 'nodeAttach',
    address: 'shiplog.v1.node.{node}.attach',
    says: 'Gives a pod its address and connects it.',
    payload: 'AttachRequest',
    reply: 'AttachReply | QueryFailure',
    action: 'receive',
    operation: 'attachPod',
    does: "The node's network agent connects a pod.",
  },
  {
    id: 'nodeDetach',
    address: 'shiplog.v1.node.{node}.detach',
    says: "Takes a pod's address and interface away.",
    payload: 'DetachRequest',
    reply: '{} | QueryFailure',
    action: 'receive',
    operation: 'detachPod',
    does: "The node's network agent disconnects a pod.",
  },
  {
    id: 'leadership',
    address: 'shiplog.v1.leadership.{role}',
    says: 'Where the instances of a service agree which of them acts: each says who it is, and since when.',
    payload: 'LeadershipClaim',
    action: 'send',
    operation: 'claimLeadership',
    does: 'An instance says that it leads, waits or leaves.',
  },
  {
    id: 'leadershipMember',
    address: 'shiplog.v1.leadership.{role}.{member}',
    says: 'Answered, with nothing, by that one member: nobody listening here means that its process is gone.',
    action: 'receive',
    operation: 'confirmMember',
    does: 'A member says that it is still there.',
  },
  {
    id: 'health',
    address: 'shiplog.v1.health.{service}.{instance}',
    says: 'Any request is answered by that instance.',
    reply: 'HealthReport',
    action: 'receive',
    operation: 'reportHealth',
    does: 'An instance says whether it does its work.',
  },
  {
    id: 'healthAll',
    address: 'shiplog.v1.health',
    says: 'Any request is answered by every instance of every service.',
    reply: 'HealthReport',
    action: 'receive',
    operation: 'reportHealthOfAll',
    does: 'Every instance says whether it does its work.',
  },
];
