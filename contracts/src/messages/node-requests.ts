import { Type } from '@sinclair/typebox';
import { nodeRequest } from './define';
import { Line, Name, OneOf, Optional, Position, Seconds, Time, withKey } from './schemas';

const port = Type.Integer({ minimum: 1, maximum: 65_535, problem: 'must be a port: a whole number from 1 to 65535' });
/** Of objects, as Kubernetes and this journal make them. It names folders and interfaces. */
const Uid = () =>
  Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$', problem: 'must be a uid: letters, digits and dashes' });

/** One port of the node that leads to a port of a pod. */
export const HostPortSchema = Type.Object({
  hostPort: port,
  containerPort: port,
  protocol: OneOf(['TCP', 'UDP', 'SCTP']),
  hostIP: Optional(
    Type.String({
      pattern: '^[0-9.]*$',
      problem: 'must be an IPv4 address',
      description: 'Only this address of the node; absent or 0.0.0.0: all of them.',
    }),
  ),
});

export const Logs = nodeRequest('logs', {
  summary: "A container's log, as a flow-controlled stream of bytes.",
  payload: Type.Object({
    namespace: Name(),
    pod: Name(),
    uid: Name(),
    container: Name(),
    follow: Optional(Type.Boolean()),
    previous: Optional(Type.Boolean()),
    timestamps: Optional(Type.Boolean()),
    tailLines: Optional(Position('Lines from the end.')),
    sinceSeconds: Optional(Seconds()),
    sinceTime: Optional(Line('RFC 3339.')),
    limitBytes: Optional(Position()),
  }),
  reply: Type.Unknown({ description: 'Bytes.', contentMediaType: 'application/octet-stream' }),
  from: ['api'],
  answeredBy: ['kubelet'],
  streamed: true,
});

export const Attach = nodeRequest('attach', {
  summary:
    'Gives a pod its address and connects it; answered once packets can flow. The same uid gets the same answer.',
  payload: Type.Object({
    uid: Uid(),
    namespace: Name(),
    name: Name(),
    pid: Type.Integer({
      minimum: 1,
      maximum: 2 ** 22,
      description: "A process in the pod's network namespace.",
      problem: 'must be a process id',
    }),
    hostPorts: Optional(Type.Array(HostPortSchema)),
  }),
  reply: Type.Object({
    ip: Type.String(),
    ips: Optional(
      Type.Array(Type.String(), {
        maxItems: 2,
        description: 'Its addresses of both families; without them it has one.',
      }),
    ),
    gateway: Type.String({ description: "The bridge's address: the pod's way out." }),
  }),
  from: ['kubelet'],
  answeredBy: ['network'],
});

export const Detach = nodeRequest('detach', {
  summary: "Takes a pod's address, interface and host ports away; unknown uids are fine.",
  payload: Type.Object({ uid: Uid() }),
  reply: Type.Object({}),
  from: ['kubelet'],
  answeredBy: ['network'],
});

const PodName = () =>
  Optional(Type.String({ description: 'The pod with this address now, as `namespace/name`, where one is known.' }));

export const PolicyDrops = nodeRequest('policy-drops', {
  summary:
    'Which connections network policies have refused on the node lately, and which policies isolate the pod there.',
  payload: Type.Object({}),
  reply: Type.Object({
    drops: Type.Array(
      Type.Object({
        direction: OneOf(['Ingress', 'Egress']),
        source: Type.String({ description: 'An IPv4 address.' }),
        sourcePod: PodName(),
        destination: Type.String({ description: 'An IPv4 address, after translation.' }),
        destinationPod: PodName(),
        protocol: Type.String(),
        port: Optional(Type.Integer({ description: 'Of the destination; absent for protocols without ports.' })),
        packets: Type.Integer({ minimum: 1 }),
        secondsAgo: Type.Integer({ minimum: 0, description: 'When the last of them was dropped.' }),
        policies: Type.Array(Type.String(), {
          description:
            'As `namespace/name`: those that isolate the pod in this direction now, and none of which lets it through.',
        }),
      }),
      { description: 'The last first; of ten minutes, a few thousand at most.' },
    ),
  }),
  from: ['operator', 'api'],
  answeredBy: ['network'],
});

const Amount = (description: string) => Type.Integer({ minimum: 0, description });

/** What something uses at a moment. */
const UsageFields = {
  time: Time('When it was read.'),
  nanoCores: Amount('Billionths of a processor, on average over the window.'),
  windowMs: Amount('How long the processor time was measured for, in milliseconds.'),
  memoryBytes: Amount('The working set: what the kernel could not take back.'),
};

/** Whose usage may be asked for at a time. */
export const PODS_A_QUESTION = 500;

export const Usage = nodeRequest('usage', {
  summary: 'What the node and some of its pods use now. What is not known yet is left out.',
  payload: Type.Object({
    pods: Type.Array(Uid(), { maxItems: PODS_A_QUESTION, description: 'Of which pods; the answer is one message.' }),
  }),
  reply: Type.Object({
    node: Optional(Type.Object(UsageFields)),
    pods: Type.Array(
      Type.Object({
        uid: Name(),
        containers: Type.Array(Type.Object({ name: Name(), ...UsageFields })),
      }),
    ),
  }),
  from: ['api', 'controller'],
  answeredBy: ['kubelet'],
});

/** Pages of the kubelet's own server, of which a node has none here. */
export const NODE_PAGES = ['/stats/summary', '/metrics/resource'] as const;

export const NodePage = nodeRequest('page', {
  summary: "One of the pages that a kubelet of Kubernetes serves: usage for people's monitoring.",
  payload: Type.Object({ path: OneOf(NODE_PAGES) }),
  reply: Type.Unknown({ description: 'Bytes.', contentMediaType: 'application/octet-stream' }),
  from: ['api'],
  answeredBy: ['kubelet'],
  streamed: true,
});

/** Not a question: the journal tells a node, and nobody answers. */
export const ReferenceChanged = nodeRequest('changed', {
  summary:
    'A Secret, ConfigMap or claim that a pod of the node names, or the volume of the claim, has changed; the kubelet asks for it.',
  payload: withKey({ position: Position() }),
  reply: Type.Object({}),
  from: ['journal'],
  answeredBy: ['kubelet'],
});

/** Not a question either. Heard by the projection of each of the node's agents. */
export const NodeHead = nodeRequest('head', {
  summary:
    'How far the log is for one node: the last positions of its own channels, after the `head` of the same position.',
  payload: Type.Object({
    position: Position(),
    epoch: Position(),
    channels: Type.Record(Type.String(), Position(), { description: 'Last position by channel name.' }),
  }),
  reply: Type.Object({}),
  from: ['journal'],
  answeredBy: ['kubelet', 'proxy'],
  byLibrary: true,
});

/** Made for a claim, by which it is named: a directory of the node's own. */
const LocalVolume = () => Type.Object({ volume: Name() });

export const MakeLocalVolume = nodeRequest('make-volume', {
  summary: 'Makes the directory of a volume on the node, unless it is there.',
  payload: LocalVolume(),
  reply: Type.Object({ path: Type.String({ description: 'Where the directory is on the node.' }) }),
  from: ['controller'],
  answeredBy: ['kubelet'],
});

export const RemoveLocalVolume = nodeRequest('remove-volume', {
  summary: 'Removes the directory of a volume from the node, with all that is in it; one that is not there is fine.',
  payload: Type.Object({
    volume: Name(),
    onlyEmpty: Optional(Type.Boolean({ description: 'One with anything in it stays, which is fine, too.' })),
  }),
  reply: Type.Object({}),
  from: ['controller'],
  answeredBy: ['kubelet'],
});

export const NODE_REQUESTS = [
  Logs,
  Attach,
  Detach,
  PolicyDrops,
  Usage,
  NodePage,
  MakeLocalVolume,
  RemoveLocalVolume,
  ReferenceChanged,
  NodeHead,
] as const;
