import { Type } from '@sinclair/typebox';
import { NODE_RESOURCES, type Channel } from '../queries';
import type { BuiltIn } from '../resources';
import { EXCERPTS, type ExcerptName } from '../excerpts';
import type { EventData, LogEvent } from '../events';
import type { CommitPart } from '../wire';
import type { Role } from './principal';
import { AnyObject, Decision, Optional, Position, ReconciliationSchema, Time } from './schemas';

/** As `EventData`: what an event's message carries; its other parts are headers. */
export const EventDataSchema = Type.Unsafe<EventData>(
  Type.Object(
    {
      object: Optional(AnyObject),
      changes: Optional(
        Type.Object(
          {},
          {
            description:
              'What changed, by field: `{set: value}`, `{unset: true}`, `{in: {field: …}}` for fields of the object there, `{by: [field], items: [{key: [value], in: …}, {key, unset: true}, {set: item}]}` for items of the list there.',
          },
        ),
      ),
      decision: Optional(Decision),
      reconciled: Optional(ReconciliationSchema),
      admission: Optional(
        Type.Object({}, { description: "What the cluster's policies and webhooks said of the command." }),
      ),
      facts: Optional(Type.Object({}, { description: 'What the fact says in words of its own.' })),
    },
    {
      $id: 'EventData',
      description: 'The first event of an object holds it whole (`object`), later ones `changes`, the last neither.',
    },
  ),
);

/** An event of the log; see `LogEvent`. */
export const LogEventSchema = Type.Unsafe<LogEvent>(
  Type.Object(
    {
      position: Position(),
      time: Time(),
      version: Type.Integer(),
      resource: Type.String(),
      fact: Type.String(),
      namespace: Type.String(),
      name: Type.String(),
      uid: Type.String(),
      node: Type.String(),
      actor: Type.String(),
      via: Optional(Type.String()),
      commandId: Type.String(),
      commandSeq: Type.Integer(),
      cause: Optional(Position()),
      basis: Optional(Position()),
      data: EventDataSchema,
    },
    { $id: 'LogEvent', description: 'One event of the log.' },
  ),
);

/** As `CommitPart`. */
export const CommitPartSchema = Type.Unsafe<CommitPart>(
  Type.Object(
    {
      epoch: Position("Of the journal's term: who has heard of a later one ignores this."),
      from: Position('The first of the commit, of all channels.'),
      to: Position('The last of the commit: every event in between is in some part.'),
      channels: Type.Array(Type.String(), {
        description:
          "The channels that have a part, by name: those of resources and excerpts and, in a part of a node's channel, those of the node.",
      }),
      heads: Type.Record(Type.String(), Position(), {
        description:
          "Last position before the commit of every resource with any event, of every excerpt and, in a part of a node's channel, of all channels of the node.",
      }),
      events: Type.Array(LogEventSchema, { description: 'In the order of the log.' }),
      entering: Optional(
        Type.Record(Type.String(), AnyObject, {
          description: "By position: the whole object after the event, where it is new in its node's channel.",
        }),
      ),
    },
    { $id: 'CommitPart', description: 'The events of one channel in one commit.' },
  ),
);

/** What a role hears of every resource, whichever there are. */
const EVERYTHING = 'everything';

/** Resources whose events a role hears: all of them, only those of objects that belong to its node, or an excerpt of them. */
interface Heard {
  readonly all?: readonly BuiltIn[] | typeof EVERYTHING;
  readonly ofNode?: readonly BuiltIn[];
  readonly excerpts?: readonly ExcerptName[];
}

/**
 * What is heard on every node may not be what every node says: a message a minute of each of 5,000 nodes, to agents on all of
 * them, is 400,000 a second. Of other nodes an agent hears the routes, which change when a node comes or goes, and of their
 * pods what network policies look at, which changes when a pod comes, gets its address or goes.
 */
const HEARD: Readonly<Record<Role, Heard>> = {
  journal: {},
  api: { all: EVERYTHING },
  scheduler: {
    all: [
      'nodes',
      'pods',
      'namespaces',
      'services',
      'replicationcontrollers',
      'replicasets.apps',
      'statefulsets.apps',
      'poddisruptionbudgets.policy',
      'persistentvolumeclaims',
      'persistentvolumes',
      'storageclasses.storage.k8s.io',
      'schedulingpolicies.scheduling.shiplog.dev',
    ],
  },
  controller: { all: EVERYTHING },
  dns: { all: ['services', 'endpointslices.discovery.k8s.io', 'namespaces'] },
  kubelet: { all: ['services', 'runtimeclasses.node.k8s.io'], ofNode: NODE_RESOURCES },
  network: {
    all: ['networkpolicies.networking.k8s.io'],
    excerpts: ['routes', 'peers', 'labels'],
  },
  proxy: { all: ['services', 'endpointslices.discovery.k8s.io'], ofNode: ['nodes'] },
  operator: {},
  user: { all: EVERYTHING },
  bootstrap: {},
};

/** Who hears each event by itself: programs that are no part of Shiplog. All others hear commits. */
export const HEAR_EVENTS: readonly Role[] = ['user'];

/** Whether a role hears of every resource, whichever there are. */
export function hearsEverything(role: Role): boolean {
  return HEARD[role].all === EVERYTHING;
}

/**
 * The channels that a role may read: what it may subscribe to, and what the journal tells it of. One that hears everything
 * has no list.
 */
export function channelsOf(role: Role, name: string): Channel[] {
  const { all = [], ofNode = [], excerpts = [] } = HEARD[role];
  const whole = all === EVERYTHING ? [] : all.map((resource) => ({ resource }));
  return [
    ...ofNode.map((resource) => ({ resource, node: name })),
    ...excerpts.map((excerpt) => ({ resource: EXCERPTS[excerpt].of, excerpt })),
    ...whole,
  ];
}
