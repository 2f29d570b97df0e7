import type { AppliedEvent } from '@shiplog/cluster';
import type { StoredObject } from '@shiplog/contracts';
import type { ClusterFacts } from '../facts/cluster-facts';
import { policyOf } from '../policy';
import { Scheduling } from '../scheduling';
import { aNode, aPod, applied, nodeWith, podWith } from '../testing/builders';
import { aClaim, aVolume, claiming } from '../testing/volumes';
import { ClusterView } from '../cluster-view';
import { volumeZone } from './volume-zone';

const [ZONE, REGION] = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];
const ZONE_OF_OLD = 'failure-domain.beta.kubernetes.io/zone';

/** A claim whose volume has these labels, and one that has no volume yet. */
const volumeWith = (labels: Record<string, string>): ClusterFacts => {
  const view = new ClusterView();
  view.setVolume('v', aVolume('v', { claim: 'c', labels }));
  view.setClaim('default', 'c', aClaim('c', { bound: 'v' }));
  view.setClaim('default', 'new', aClaim('new'));
  return view.snapshot();
};
const verdict = (volume: Record<string, string>, node: Record<string, string>, claim = 'c') =>
  volumeZone.check(podWith(claiming(claim)), volumeWith(volume))?.(nodeWith({ labels: node }));
const told = (resource: string, before: StoredObject | undefined, after: StoredObject): AppliedEvent => {
  const item = applied('nodes', before as never, after as never);
  return {
    ...item,
    event: { ...item.event, resource: resource as 'nodes', namespace: after.metadata.namespace ?? '' },
  };
};
const REFUSED = ['node(s) had no available volume zone'];

describe('VolumeZone', () => {
  it('passes nodes in the zone of the volume, and those that do not say where they are', () => {
    expect(verdict({ [ZONE]: 'a' }, { [ZONE]: 'a' })).toBeUndefined();
    expect(verdict({ [ZONE]: 'a' }, { other: 'b' })).toBeUndefined();
    expect(verdict({ [ZONE]: 'a' }, { [ZONE]: 'b' })).toEqual(REFUSED);
  });

  it('asks for the region too, which a node may not leave open once it says a zone', () => {
    expect(verdict({ [ZONE]: 'a', [REGION]: 'r' }, { [ZONE]: 'a', [REGION]: 'r' })).toBeUndefined();
    expect(verdict({ [ZONE]: 'a', [REGION]: 'r' }, { [ZONE]: 'a', [REGION]: 's' })).toEqual(REFUSED);
    expect(verdict({ [REGION]: 'r' }, { [ZONE]: 'a' })).toEqual(REFUSED);
  });

  it('knows volumes that are in several zones, and labels of old on either', () => {
    expect(verdict({ [ZONE]: 'a__b' }, { [ZONE]: 'b' })).toBeUndefined();
    expect(verdict({ [ZONE_OF_OLD]: 'a' }, { [ZONE]: 'a' })).toBeUndefined();
    expect(verdict({ [ZONE_OF_OLD]: 'a' }, { [ZONE_OF_OLD]: 'b', [ZONE]: 'a' })).toEqual(REFUSED);
  });

  it('does not mind a label that says nothing, nor a claim without a volume', () => {
    expect(verdict({ [ZONE]: 'a__' }, { [ZONE]: 'b' })).toBeUndefined();
    expect(verdict({ [ZONE]: 'a' }, { [ZONE]: 'b' }, 'new')).toBeUndefined();
    expect(volumeZone.check(podWith(), volumeWith({}))).toBeUndefined();
  });

  const node = aNode('n', { labels: { [ZONE]: 'a' } });
  const volume = aVolume('v', { claim: 'c', labels: { [ZONE]: 'b' } });
  it.each<[string, AppliedEvent]>([
    ['a node says another zone', told('nodes', node, aNode('n', { labels: { [ZONE]: 'b' } }))],
    ['the volume does', told('persistentvolumes', volume, aVolume('v', { claim: 'c', labels: { [ZONE]: 'a' } }))],
  ])('has pods looked at again when %s', (_, event) => {
    const scheduling = new Scheduling('default-scheduler', policyOf('default/3'));
    scheduling.apply([
      told('nodes', undefined, node),
      told('persistentvolumes', undefined, volume),
      told('persistentvolumeclaims', undefined, aClaim('c', { bound: 'v' })),
      told('pods', undefined, aPod('p', claiming('c'))),
    ]);
    expect(scheduling.decide(1, 1)?.marks).toMatchObject([
      {
        message:
          '0/1 nodes are available: 1 node(s) had no available volume zone. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
      },
    ]);
    scheduling.apply([event]);
    expect(scheduling.decide(1, 1)?.bindings).toMatchObject([{ node: 'n' }]);
  });
});
