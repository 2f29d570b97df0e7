import type { CommandType } from './commands';
import type { EventType } from './events';
import type { Channel, QueryName } from './queries';
import type { ResourceId } from './resources';
import type { SignalName } from './signals';

const ROOT = 'shiplog.v1';
/** Stands for "no namespace" and "no node": a subject token can't be empty. No Kubernetes name is `_`. */
const NONE = '_';

/** A name as one subject token: what NATS gives a meaning to (`.`, `*`, `>`, white space) is percent-encoded. */
export function subjectToken(name: string): string {
  if (name === '') return NONE;
  return name.replace(/[%.*>\s]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** The inverse of `subjectToken`. */
export function nameOfToken(token: string): string {
  return token === NONE ? '' : decodeURIComponent(token);
}

/** What an event's subject says. */
export interface EventAddress {
  resource: ResourceId;
  node: string;
  namespace: string;
  name: string;
  type: EventType;
}

/** Every NATS subject that Shiplog uses, by purpose. */
export const subjects = {
  /** `shiplog.v1.event.<resource>.<node>.<namespace>.<name>.<type>`. */
  event: (at: EventAddress) =>
    `${ROOT}.event.${subjectToken(at.resource)}.${subjectToken(at.node)}.${subjectToken(at.namespace)}.${subjectToken(at.name)}.${at.type}`,
  /** What to subscribe to for one channel. */
  channel: (channel: Channel) =>
    channel.node === undefined
      ? `${ROOT}.event.${subjectToken(channel.resource)}.>`
      : `${ROOT}.event.${subjectToken(channel.resource)}.${subjectToken(channel.node)}.>`,
  /** Request and reply; the reply is a `CommandReply`. */
  command: (type: CommandType) => `${ROOT}.command.${type}`,
  /** Several commands in one message: a JSON array of commands, answered by an array of replies in the same order. */
  commandBatch: `${ROOT}.command.Batch`,
  /** Publish and go: JetStream keeps the command until the journal has decided it. */
  commandLater: (type: CommandType | '*') => `${ROOT}.command.later.${type}`,
  query: (name: QueryName) => `${ROOT}.query.${name}`,
  /** The streamed query, see `StateRequest`. */
  stateQuery: `${ROOT}.query.state`,
  signal: (name: SignalName, source: string) => `${ROOT}.signal.${name}.${source === '*' ? '*' : subjectToken(source)}`,
  /** What only one node can do: `logs` by its kubelet, `attach` and `detach` by its network agent. */
  node: (node: string, verb: 'logs' | 'attach' | 'detach') => `${ROOT}.node.${subjectToken(node)}.${verb}`,
  /** Liveness: any instance answers a request on its own subject; all of a service's on `…<service>.*`'s parent. */
  health: (service: string, instance: string) => `${ROOT}.health.${subjectToken(service)}.${subjectToken(instance)}`,
  /** Where the instances of a service agree which of them acts; see `Leadership` in libs/service. */
  leadership: (role: string) => `${ROOT}.leadership.${subjectToken(role)}`,
  /** Answered by one member of a leadership: nobody listening here means that its process is gone. */
  leadershipMember: (role: string, member: string) =>
    `${ROOT}.leadership.${subjectToken(role)}.${subjectToken(member)}`,
  /** A request here is answered by every service that runs. */
  healthAll: `${ROOT}.health`,
} as const;

/** The JetStream stream and consumer that keep commands sent without waiting. */
export const LATER_STREAM = 'SHIPLOG_COMMANDS';
export const LATER_CONSUMER = 'journal';
