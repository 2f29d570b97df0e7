import type { Endpoint } from '@shiplog/contracts';
import type { ReadonlyCluster } from '@shiplog/cluster';
import type { StoredService } from './candidates';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/** The zone that a node says it is in; undefined when it says none. */
export function zoneOf(node: Labelled | undefined): string | undefined {
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  return zone === '' ? undefined : zone;
}

/** The zone of a node by its name. */
export type ZoneOfNode = (node: string | undefined) => string | undefined;

export function zonesIn(state: Pick<ReadonlyCluster, 'get'>): ZoneOfNode {
  return (node) => (node === undefined ? undefined : zoneOf(state.get('nodes', '', node)));
}

/** For whose clients an endpoint is meant: under PreferClose those of its own zone (trafficDistribution of a Service). */
export function hintsOf(
  { spec }: StoredService,
  { zone, conditions }: Pick<Endpoint, 'zone' | 'conditions'>,
): Endpoint['hints'] {
  if (spec?.trafficDistribution !== 'PreferClose' || zone === undefined || conditions?.ready !== true) return undefined;
  return { forZones: [{ name: zone }] };
}
