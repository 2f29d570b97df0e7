import type { Identity } from '@shiplog/contracts';
import type { Cluster } from '../cluster';
import { HOLLOW_PREFIX } from '../layout';

/** Whom the launcher itself, `status` and `rebuild` speak as: they ask how things are, and let machines join. */
export const OPERATOR: Identity = { role: 'operator', name: 'launcher' };
/** A person with all rights who uses NATS without the API; see the README. */
export const ADMIN: Identity = { role: 'user', name: 'admin' };

/** The instances of the cluster's DNS: one is enough, and the other is for when it isn't there. */
export const DNS_INSTANCES = ['dns-1', 'dns-2'] as const;

/** The process of all hollow nodes: its credentials are good for each of them. */
export const HOLLOW: Identity = { role: 'kubelet', name: HOLLOW_PREFIX };

export function isHollowProcess({ role, name }: Identity): boolean {
  return role === HOLLOW.role && name === HOLLOW.name;
}

/** Everybody of this machine's cluster who has credentials of its own: a user a process. */
export function identitiesOf({ mode, layout }: Pick<Cluster, 'mode' | 'layout'>): Identity[] {
  const master = (['journal', 'api', 'scheduler', 'controller'] as const).map((role) => ({ role, name: 'main' }));
  const agents = (name: string, roles: readonly Identity['role'][]): Identity[] =>
    roles.map((role) => ({ role, name }));
  const hollow = layout.hollowNodes.length === 0 ? [] : [HOLLOW];
  return [...master, ...nodesOf(), ...hollow, OPERATOR, ADMIN];

  function nodesOf(): Identity[] {
    switch (mode.kind) {
      case 'own-engine':
        return agents('minion-1', ['kubelet', 'proxy']);
      case 'hollow':
        return [];
      case 'minions':
        return [
          ...DNS_INSTANCES.map((name) => ({ role: 'dns' as const, name })),
          ...layout.minions.flatMap(({ name }) => agents(name, ['kubelet', 'network', 'proxy'])),
          ...agents(layout.hostName, ['network', 'proxy']),
        ];
    }
  }
}
