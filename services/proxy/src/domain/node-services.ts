import type { ObjectOf } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { ServiceIndex, type ServiceChange, type ServiceView } from '@shiplog/kube';
import { addressesToAnnounce } from '../load-balancers/domain/addresses-to-announce';
import { planHealthCheck, type HealthCheck } from './plan-health-check';
import { planServicePorts } from './plan-service-ports';
import type { ServicePort } from './service-port';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** The part of a projection that a proxy reads: services, and of nodes its own. */
export interface NodeServicesView extends ServiceView {
  list(resource: 'services'): readonly ObjectOf<'services'>[];
  list(resource: 'endpointslices.discovery.k8s.io'): readonly ObjectOf<'endpointslices.discovery.k8s.io'>[];
  list(resource: 'nodes'): readonly ObjectOf<'nodes'>[];
}

/** All services as one node has to serve them. Keys are `namespace/name`. */
export class NodeServices {
  readonly #index = new ServiceIndex();
  /** Of this node; undefined while no Node has its name. */
  #seen: { readonly zone: string | undefined } | undefined;

  constructor(private readonly node: string) {}

  /** Forgets everything and reads all; returns every service's key. */
  load(view: NodeServicesView): string[] {
    this.#seen = seenOf(view.list('nodes').find(({ metadata }) => metadata.name === this.node));
    return this.#index.load(view);
  }

  /** Takes a change in; returns the services that it touches: all of them when the node comes, goes, or is in another zone. */
  apply(change: ServiceChange): string[] {
    if ((change.after ?? change.before)?.kind !== 'Node') return this.#index.apply(change);
    const seen = seenOf(change.after);
    if (sameJson(seen, this.#seen)) return [];
    this.#seen = seen;
    return this.#index.keys();
  }

  /** What this node makes of one service; nothing when it is gone. */
  portsOf(key: string): ServicePort[] {
    const found = this.#index.get(key);
    const node = { name: this.node, zone: this.#seen?.zone, isNoNode: this.#seen === undefined };
    return found === undefined ? [] : planServicePorts(found.service, found.slices, node);
  }

  /** What balancers are answered that ask for a service's endpoints here; undefined when none is to ask. */
  healthCheckOf(key: string): HealthCheck | undefined {
    const found = this.#index.get(key);
    return found === undefined ? undefined : planHealthCheck(found.service, found.slices, this.node);
  }

  /** The addresses of a load balancer for which this node answers on its link. */
  announcedOf(key: string): readonly string[] {
    const found = this.#index.get(key);
    return found === undefined ? [] : addressesToAnnounce(found.service, found.slices, this.node);
  }
}

function seenOf(node: ServiceChange['after']): { zone: string | undefined } | undefined {
  if (node === undefined) return undefined;
  const zone = node.metadata.labels?.[ZONE_LABEL];
  return { zone: zone === '' ? undefined : zone };
}
