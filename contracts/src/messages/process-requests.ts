import { Type } from '@sinclair/typebox';
import { processRequest } from './define';
import { SERVICE_ROLES } from './principal';
import { Line, Name, OneOf, Optional, PodReference, Position } from './schemas';

const Report = Type.Object(
  {
    service: Type.String(),
    instance: Type.String(),
    ready: Type.Boolean(),
    detail: Type.String({ description: 'One sentence: what it waits for, or what it serves.' }),
    uptimeSeconds: Type.Integer(),
    rssBytes: Type.Integer(),
    pid: Type.Integer(),
  },
  { $id: 'HealthReport', description: 'What a service says of itself.' },
);

export const Health = processRequest('health', {
  summary: 'Whether one instance does its work; that instance answers.',
  address: 'health.{service}.{instance}',
  payload: Type.Unknown(),
  reply: Report,
  from: ['operator'],
  answeredBy: SERVICE_ROLES,
});

export const HealthOfAll = processRequest('healthOfAll', {
  summary: 'Whether they do their work; every instance of every service answers.',
  address: 'health',
  payload: Type.Unknown(),
  reply: Report,
  from: ['operator'],
  answeredBy: SERVICE_ROLES,
});

export const HealthOfService = processRequest('healthOfService', {
  summary: 'Whether a service does its work; every instance of it answers, and the first answer is taken.',
  address: 'condition.{component}',
  payload: Type.Unknown(),
  reply: Report,
  from: ['api'],
  answeredBy: SERVICE_ROLES,
});

/** The services of which one instance acts. */
const LED = ['scheduler', 'controller'] as const;

export const LeadershipClaimed = processRequest('leadership', {
  summary: 'Where the instances of a service agree which of them acts: each says who it is, and since when.',
  address: 'leadership.{service}.{scope}',
  payload: Type.Object({
    member: Name('Names the process: an instance that starts again is another member.'),
    state: OneOf(['leads', 'waits', 'leaves'], 'leaves: it stops; the others need not wait for its silence.'),
    since: Type.Number({ description: 'In milliseconds of its own clock: the elder goes first.' }),
    asks: Optional(Type.Boolean({ description: 'A newcomer asks the others to speak up at once.' })),
  }),
  reply: Type.Object({}),
  from: LED,
  answeredBy: [],
  heardBy: LED,
});

export const LeadershipMember = processRequest('leadershipMember', {
  summary: 'Answered, with nothing, by that one member: nobody listening here means that its process is gone.',
  address: 'leadership.{service}.{scope}.{member}',
  payload: Type.Unknown(),
  reply: Type.Object({}),
  from: LED,
  answeredBy: [],
  heardBy: LED,
});

export const StepDown = processRequest('stepDown', {
  summary:
    'A journal that has begun an epoch asks the one before; it answers when it does not speak for the log any more.',
  address: 'journal.step-down',
  payload: Type.Object({ epoch: Type.Integer({ description: 'That has begun.' }) }),
  reply: Type.Object({}),
  from: ['journal'],
  answeredBy: ['journal'],
});

export const JoinRequest = processRequest('join', {
  summary: 'A machine with a token asks for credentials of its own; the launcher of the cluster answers.',
  address: 'join.{token}',
  payload: Type.Object({
    node: Type.String({
      pattern: '^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$',
      problem: 'must be the name of a node: lower-case letters, digits, dashes and dots',
    }),
    agents: Type.Array(
      Type.Object({
        role: OneOf(['kubelet', 'network', 'proxy']),
        nkey: Type.String({ pattern: '^U[A-Z2-7]{55}$', problem: 'must be the public nkey of a user' }),
        csr: Type.String({ maxLength: 8_192, description: 'A certificate request, PEM.' }),
      }),
      { minItems: 1, maxItems: 3 },
    ),
  }),
  reply: Type.Object({
    certificates: Type.Array(Type.Object({ role: Type.String(), certificate: Type.String() })),
    authority: Type.String({ description: "The cluster's certificate authority, PEM." }),
    clusterCidr: Type.String(),
    serviceCidr: Type.String(),
    clusterDns: Type.String({ description: 'Where pods ask for names.' }),
    underlayCidr: Type.String({ description: "Where the master's own minions are, behind the master." }),
    backend: Type.Optional(OneOf(['vxlan', 'host-gw', 'wireguard'], 'How packets reach pods of other nodes.')),
    expires: Type.String({ description: 'When the certificates end, RFC 3339.' }),
  }),
  from: ['bootstrap'],
  answeredBy: ['operator'],
});

export const RenewRequest = processRequest('renew', {
  summary: "A joined node's agent asks for its next certificate before the one it has ends.",
  address: 'renew.{role}.{name}',
  payload: Type.Object({ csr: Type.String({ maxLength: 8_192 }) }),
  reply: Type.Object({ certificate: Type.String(), expires: Type.String() }),
  from: ['kubelet', 'network', 'proxy'],
  answeredBy: ['operator'],
});

export const AccountToken = processRequest('accountToken', {
  summary: "A node asks for a token of a pod's service account, which is bound to the pod; any api answers.",
  address: 'token.as.{senderKind}.{senderName}',
  payload: Type.Object({
    ...PodReference.properties,
    audience: Optional(Line('Whom the token is for; absent: the api.')),
    expirationSeconds: Type.Integer({ description: 'As the projection in the pod says.' }),
    position: Position('Of what the node knows of the pod: the api must know as much.'),
  }),
  reply: Type.Object({ token: Type.String() }),
  from: ['kubelet'],
  answeredBy: ['api'],
});

export const PROCESS_REQUESTS = [
  Health,
  HealthOfAll,
  HealthOfService,
  LeadershipClaimed,
  LeadershipMember,
  StepDown,
  JoinRequest,
  RenewRequest,
  AccountToken,
] as const;
