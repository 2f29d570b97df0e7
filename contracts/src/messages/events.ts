import { Type } from '@sinclair/typebox';
import { NODE_RESOURCES, type Channel } from '../queries';
import type { ResourceId } from '../resources';
import { RESOURCES } from '../resources';
import type { EventBody } from '../wire';
import type { Role } from './principal';
import { AnyObject, Decision, Optional } from './schemas';

/** As `EventBody`: what an event's message carries; its other parts are headers. */
export const EventBodySchema = Type.Unsafe<EventBody>(
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
      facts: Optional(Type.Object({}, { description: 'What the fact says in words of its own.' })),
      entering: Optional(AnyObject),
    },
    {
      $id: 'EventBody',
      description:
        'The first event of an object holds it whole (`object`), later ones `changes`, the last neither. `entering` is the whole object after the event, where the channel of a node sees it for the first time.',
    },
  ),
);

const EVERYTHING: readonly ResourceId[] = RESOURCES.map(({ id }) => id);

/** Resources whose events each role hears: all of them, or only those of objects that belong to its node. */
const HEARD: Readonly<Record<Role, { readonly all: readonly ResourceId[]; readonly ofNode: readonly ResourceId[] }>> = {
  journal: { all: [], ofNode: [] },
  api: { all: EVERYTHING, ofNode: [] },
  scheduler: { all: ['nodes', 'pods'], ofNode: [] },
  controller: { all: EVERYTHING, ofNode: [] },
  kubelet: { all: ['nodes', 'services'], ofNode: NODE_RESOURCES },
  network: { all: ['nodes'], ofNode: NODE_RESOURCES },
  proxy: { all: ['services', 'endpointslices.discovery.k8s.io'], ofNode: [] },
  operator: { all: [], ofNode: [] },
  user: { all: EVERYTHING, ofNode: [] },
  bootstrap: { all: [], ofNode: [] },
};

/** Whether a role hears of every resource, whichever there are. */
export function hearsEverything(role: Role): boolean {
  return HEARD[role].all === EVERYTHING;
}

/** The channels that a role may read: what it may subscribe to, and what the journal tells it of. */
export function channelsOf(role: Role, name: string): Channel[] {
  const { all, ofNode } = HEARD[role];
  return [...ofNode.map((resource) => ({ resource, node: name })), ...all.map((resource) => ({ resource }))];
}
