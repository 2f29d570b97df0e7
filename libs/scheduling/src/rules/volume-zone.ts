import { NO_CLUSTER } from '../facts/cluster-facts';
import type { NodeFacts } from '../facts/node-facts';
import type { Filter, Refusal } from '../rule';
import type { StoredVolume } from '@shiplog/kube';

const REFUSAL: Refusal = ['node(s) had no available volume zone'];

/** Labels of volumes and nodes that say where they are: each by its name of old, and of today. */
const ZONES = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
] as const;

/** Between the zones of a volume that is in several. */
const SEPARATOR = '__';

/** A pod goes only where the zone and region are that its volumes' labels name (VolumeZone). A node that says neither may be anywhere. */
export const volumeZone: Filter = {
  kind: 'filter',
  name: 'VolumeZone',
  unresolvable: 'all',
  scope: 'cluster',
  queueingHints: ['VolumesChanged', 'NodeLabelsChanged'],
  check({ pod, claims }, { volumes } = NO_CLUSTER) {
    if (claims.length === 0) return undefined;
    const { namespace = '' } = pod.metadata;
    const wanted = claims.flatMap((name) => {
      const volume = volumes.volume(volumes.claim(namespace, name)?.spec?.volumeName ?? '');
      return volume === undefined ? [] : zonesOf(volume);
    });
    if (wanted.length === 0) return undefined;
    return (node) => {
      const saysWhere = ZONES.some(([key]) => Object.hasOwn(node.labels, key));
      return saysWhere && !wanted.every((zone) => isIn(node, zone)) ? REFUSAL : undefined;
    };
  },
};

interface Zone {
  readonly key: string;
  readonly keyToday: string;
  readonly values: readonly string[];
}

/** A label that names no zone, or one without a name, says nothing. */
function zonesOf({ metadata: { labels = {} } }: StoredVolume): Zone[] {
  return ZONES.flatMap(([key, keyToday]) => {
    const values = Object.hasOwn(labels, key)
      ? (labels[key] ?? '').split(SEPARATOR).map((value) => value.trim())
      : [''];
    return values.includes('') ? [] : [{ key, keyToday, values }];
  });
}

function isIn({ labels }: NodeFacts, { key, keyToday, values }: Zone): boolean {
  const there = Object.hasOwn(labels, key) ? key : keyToday;
  return Object.hasOwn(labels, there) && values.includes(labels[there] ?? '');
}
