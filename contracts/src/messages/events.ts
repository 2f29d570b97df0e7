import type { Channel } from '../queries';
import type { ResourceId } from '../resources';
import { RESOURCES } from '../resources';
import type { Role } from './principal';

const EVERYTHING: readonly ResourceId[] = RESOURCES.map(({ id }) => id);

/** Resources whose events each role hears: all of them, or only those of objects that belong to its node. */
const HEARD: Readonly<Record<Role, { readonly all: readonly ResourceId[]; readonly ofNode: readonly ResourceId[] }>> = {
  journal: { all: [], ofNode: [] },
  api: { all: EVERYTHING, ofNode: [] },
  scheduler: { all: ['nodes', 'pods'], ofNode: [] },
  controller: { all: EVERYTHING, ofNode: [] },
  kubelet: { all: ['nodes', 'services'], ofNode: ['pods'] },
  network: { all: ['nodes'], ofNode: ['pods'] },
  proxy: { all: ['services', 'endpointslices.discovery.k8s.io'], ofNode: [] },
  operator: { all: [], ofNode: [] },
  user: { all: EVERYTHING, ofNode: [] },
  bootstrap: { all: [], ofNode: [] },
};

/** The channels that a role may read: what it may subscribe to, and what the journal tells it of. */
export function channelsOf(role: Role, name: string): Channel[] {
  const { all, ofNode } = HEARD[role];
  return [...ofNode.map((resource) => ({ resource, node: name })), ...all.map((resource) => ({ resource }))];
}
