import fc from 'fast-check';
import type { BuiltIn } from '@shiplog/contracts';
import {
  annotationOf,
  bestVolumeFor,
  isFullyBound,
  keepFor,
  problemOf,
  storageClassOf,
  type StoredClaim,
} from '@shiplog/kube';
import { NODES } from '../../testing/accidents';
import type { TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { MemoryVolumes } from '../../testing/local-volumes';
import { volumeProtectionController } from '../volume-protection/controller';
import { volumeController } from './controller';
import { claimOf, classOf, volumeOf } from './testing/objects';

const SELECTED = 'volume.kubernetes.io/selected-node';

const nth = fc.nat(20);
const size = fc.constantFrom('1Gi', '2Gi', '3Gi');
const name = fc.constantFrom('a', 'b', 'c', 'd');
const node = fc.constantFrom(...NODES);
const wish = <K extends string, F extends object>(kind: K, fields: { [N in keyof F]: fc.Arbitrary<F[N]> }) =>
  fc.record({ kind: fc.constant(kind), ...fields }) as fc.Arbitrary<{ kind: K } & F>;
const wishes = fc.oneof(
  {
    weight: 2,
    arbitrary: wish('volume', {
      size,
      policy: fc.constantFrom('Retain', 'Delete', 'Recycle'),
      keptFor: fc.option(name, { nil: undefined }),
      storageClass: fc.constantFrom('', 'local'),
    }),
  },
  { weight: 2, arbitrary: wish('claim', { name, size, storageClass: fc.constantFrom('', 'local', 'kept') }) },
  wish('claim-of-volume', { name, nth }),
  { weight: 2, arbitrary: wish('select', { name, node }) },
  { weight: 3, arbitrary: wish('scheduler-decides', { name, nth }) },
  { weight: 2, arbitrary: wish('scheduler-writes', {}) },
  wish('pod', { name }),
  { weight: 2, arbitrary: wish('delete-claim', { name }) },
  wish('delete-volume', { nth }),
  wish('free-volume', { nth }),
  wish('fail', { how: fc.constantFrom('unreachable' as const, 'reply lost' as const, undefined) }),
  wish('node', { node, status: fc.constantFrom('True', 'Unknown', 'gone') }),
);
type Wish = typeof wishes extends fc.Arbitrary<infer W> ? W : never;

describe('of every history of claims and volumes', () => {
  let nodes: MemoryVolumes;
  let restarts: number;
  /** What a scheduler has decided, and the journal has not heard of yet. */
  let underWay: ReturnType<typeof keepFor>[];
  const local = {
    make: (...asked: Parameters<MemoryVolumes['make']>) => nodes.make(...asked),
    remove: (...asked: Parameters<MemoryVolumes['remove']>) => nodes.remove(...asked),
  };

  const grant = async (cluster: TestCluster, asked: Wish): Promise<void> => {
    const volumes = cluster.journal.list('persistentvolumes');
    const volume = 'nth' in asked ? volumes[asked.nth % Math.max(volumes.length, 1)] : undefined;
    const has = (resource: BuiltIn, named: string) => cluster.journal.get(resource, 'default', named) !== undefined;
    switch (asked.kind) {
      case 'volume': {
        const { keptFor, ...options } = asked;
        const spec = keptFor === undefined ? {} : { claimRef: { namespace: 'default', name: keptFor } };
        await cluster.create('persistentvolumes', volumeOf(`v${cluster.log.length}`, { ...options, spec }));
        return;
      }
      case 'claim':
        if (!has('persistentvolumeclaims', asked.name)) {
          await cluster.create('persistentvolumeclaims', claimOf(asked.name, asked));
        }
        return;
      case 'claim-of-volume':
        if (volume !== undefined && !has('persistentvolumeclaims', asked.name)) {
          const spec = { volumeName: volume.metadata.name };
          const options = { storageClass: volume.spec?.storageClassName ?? '', spec };
          await cluster.create('persistentvolumeclaims', claimOf(asked.name, options));
        }
        return;
      case 'select':
        if (has('persistentvolumeclaims', asked.name)) {
          const metadata = { annotations: { [SELECTED]: asked.node } };
          await cluster.patch('persistentvolumeclaims', asked.name, { metadata });
        }
        return;
      case 'scheduler-decides': {
        const claim = cluster.state.get('persistentvolumeclaims', 'default', asked.name);
        if (claim === undefined) return;
        const fitting = cluster.state.list('persistentvolumes').filter((seen) => {
          return seen.status?.phase === 'Available' && problemOf(seen, claim) === undefined;
        });
        const chosen = fitting[asked.nth % Math.max(fitting.length, 1)];
        if (chosen !== undefined) underWay.push(keepFor(claim, chosen));
        return;
      }
      case 'scheduler-writes':
        for (const command of underWay.splice(0)) await cluster.send(command).catch(() => undefined);
        return;
      case 'pod': {
        const spec = {
          containers: [{ name: 'main', image: 'main' }],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: asked.name } }],
        };
        await cluster.create('pods', { metadata: { name: `p${cluster.log.length}` }, spec });
        return;
      }
      case 'delete-claim':
        if (has('persistentvolumeclaims', asked.name)) await cluster.delete('persistentvolumeclaims', asked.name);
        return;
      case 'delete-volume':
        if (volume !== undefined) await cluster.delete('persistentvolumes', volume.metadata.name);
        return;
      case 'free-volume':
        if (volume?.status?.phase === 'Released' && volume.spec?.hostPath !== undefined) {
          await cluster.patch('persistentvolumes', volume.metadata.name, { spec: { claimRef: null } });
        }
        return;
      case 'fail':
        nodes.failing = () => asked.how;
        return;
      case 'node':
        return setNode(cluster, asked.node, asked.status);
    }
  };

  /** What a claim says to have is its own, and is there. */
  const always = (cluster: TestCluster): void => {
    for (const claim of cluster.journal.list('persistentvolumeclaims')) {
      if (!isFullyBound(claim) || claim.status?.phase !== 'Bound') continue;
      const volume = cluster.journal.get('persistentvolumes', '', claim.spec?.volumeName ?? '');
      if (volume === undefined) continue;
      expect([claim.metadata.name, volume.spec?.claimRef?.uid]).toEqual([claim.metadata.name, claim.metadata.uid]);
      const home = annotationOf(volume, 'shiplog.dev/node');
      if (home !== undefined) expect([...nodes.directories]).toContain(`${home}/${volume.metadata.name}`);
    }
  };

  /** A directory that was never a volume's is none to be had, unless whoever asked for it was started anew. */
  const expectNoneLeft = (cluster: TestCluster): void => {
    if (restarts > 0) return;
    const made = new Set(
      cluster.log.filter(({ resource }) => resource === 'persistentvolumes').map(({ name }) => name),
    );
    const left = [...nodes.directories].filter((directory) => {
      const [on = '', volume = ''] = directory.split('/');
      return !made.has(volume) && cluster.journal.get('nodes', '', on) !== undefined;
    });
    expect(left).toEqual([]);
  };

  const atRest = (cluster: TestCluster): void => {
    always(cluster);
    expectNoneLeft(cluster);
    for (const claim of cluster.journal.list('persistentvolumeclaims')) expectSettled(cluster, claim);
    for (const { spec, status, metadata } of cluster.journal.list('persistentvolumes')) {
      const { namespace = '', name: claimName = '', uid } = spec?.claimRef ?? {};
      const claim = cluster.journal.get('persistentvolumeclaims', namespace, claimName);
      const isBound = uid !== undefined && claim?.metadata.uid === uid;
      // A claim that is on its way out gets no volume any more, though one may be kept for it until it is gone.
      if (claim?.metadata.deletionTimestamp !== undefined) continue;
      expect(isBound).toBe(status?.phase === 'Bound');
      // Others have nothing that holds them.
      if (metadata.deletionTimestamp !== undefined) expect(isBound).toBe(true);
      if (spec?.local !== undefined && spec.persistentVolumeReclaimPolicy === 'Delete') expect(isBound).toBe(true);
    }
  };

  it(
    'no volume is two claims’ and no files are lost that a claim has; what fits comes together, and what nobody uses goes',
    () =>
      holdThroughHistories({
        controllers() {
          restarts += 1;
          return [volumeController(local), volumeProtectionController];
        },
        edited: ['persistentvolumeclaims', 'persistentvolumes'],
        // Most histories are short: much happens in each step.
        wishes: fc.array(wishes, { minLength: 1, maxLength: 8, size: 'max' }),
        async begin(cluster) {
          nodes = new MemoryVolumes();
          restarts = 0;
          underWay = [];
          await cluster.create('storageclasses.storage.k8s.io', classOf('local'));
          await cluster.create('storageclasses.storage.k8s.io', classOf('kept', { reclaimPolicy: 'Retain' }));
        },
        async grant(cluster, several) {
          for (const one of several) {
            await grant(cluster, one);
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
        calm: () => void (nodes.failing = () => undefined),
        always,
        atRest,
      }),
    historiesPatienceMs(),
  );
});

async function setNode(cluster: TestCluster, name: string, status: string): Promise<void> {
  const isThere = cluster.journal.get('nodes', '', name) !== undefined;
  if (status === 'gone') return isThere ? cluster.delete('nodes', name) : undefined;
  if (!isThere) await cluster.create('nodes', { metadata: { name } });
  await cluster.patch('nodes', name, { status: { conditions: [{ type: 'Ready', status }] } }, 'status');
}

/** It has its volume, has lost it, or there is none to be had; one that is to go is used by a pod. */
function expectSettled(cluster: TestCluster, claim: StoredClaim): void {
  const { name: claimName, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp !== undefined) {
    const users = cluster.journal.list('pods').filter(({ spec }) => {
      return (
        spec?.nodeName !== undefined && spec.volumes?.some((own) => own.persistentVolumeClaim?.claimName === claimName)
      );
    });
    expect(users).not.toEqual([]);
    return;
  }
  const isDelayed = storageClassOf(claim) !== '';
  const volumes = cluster.journal.list('persistentvolumes');
  switch (claim.status?.phase) {
    case 'Bound':
      return expect(cluster.journal.get('persistentvolumes', '', claim.spec?.volumeName ?? '')).toBeDefined();
    case 'Lost':
      return expect(isFullyBound(claim)).toBe(true);
    default:
      if (claim.spec?.volumeName === undefined) expect(bestVolumeFor(claim, volumes, { isDelayed })).toBeUndefined();
      if (isDelayed && claim.spec?.volumeName === undefined) {
        expect(annotationOf(claim, SELECTED)).toBeUndefined();
      }
  }
}
