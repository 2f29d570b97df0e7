import fc from 'fast-check';
import type { JobSpec } from '@shiplog/contracts';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import { isPodActive, isPodFinished } from '../../domain/pods';
import { names, type TestCluster } from '../../testing/cluster';
import { historiesPatienceMs, holdThroughHistories } from '../../testing/histories';
import { jobController } from './controller';
import { isJobFinished } from './ending';
import { IndexSet } from './index-set';
import { indexOf, isTracked } from './job-pods';
import { jobOrphanController } from './orphans';
import type { StoredJob } from './tally';

const TEMPLATE = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } };
const JOBS = {
  plain: { completions: 4, parallelism: 2, backoffLimit: 3 },
  queue: { parallelism: 3, backoffLimit: 1_000 },
  indexed: { completionMode: 'Indexed', completions: 4, parallelism: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 2 },
  early: {
    completionMode: 'Indexed',
    completions: 5,
    parallelism: 5,
    podReplacementPolicy: 'Failed',
    successPolicy: { rules: [{ succeededCount: 2 }] },
  },
} satisfies Record<string, Partial<JobSpec>>;
type Name = keyof typeof JOBS;

const name = fc.constantFrom(...(Object.keys(JOBS) as Name[]));
const wishes = fc.oneof(
  fc.record({ kind: fc.constant('suspend' as const), name, suspend: fc.boolean() }),
  fc.record({ kind: fc.constant('parallelism' as const), name, to: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('anew' as const), name }),
  fc.record({ kind: fc.constant('relabel' as const), nth: fc.nat(20) }),
);
/** The label by which a Job selects its pods. */
const CHOSEN_BY = 'batch.kubernetes.io/controller-uid';

type Wish = typeof wishes extends fc.Arbitrary<infer W> ? W : never;

it(
  'Jobs end in any history, with every end of a pod counted once, and never too many pods at once',
  () => {
    const books = new WeakMap<TestCluster, Map<string, Book>>();
    const bookOf = (cluster: TestCluster, uid: string): Book => {
      const all = books.get(cluster) ?? new Map<string, Book>();
      books.set(cluster, all.set(uid, all.get(uid) ?? emptyBook()));
      return all.get(uid) ?? emptyBook();
    };
    return holdThroughHistories<Wish>({
      controllers: () => [jobController, jobOrphanController],
      edited: ['jobs.batch', 'pods'],
      podsEnd: true,
      wishes,
      async begin(cluster) {
        for (const job of ['plain', 'indexed'] as const) await create(cluster, job);
      },
      grant,
      always(cluster) {
        for (const job of cluster.journal.list('jobs.batch')) {
          const pods = cluster.journal.controlledBy('pods', job.metadata.uid);
          const book = bookOf(cluster, job.metadata.uid);
          keep(book, job, pods, cluster.lagging);
          neverTooMany(job, pods.filter(isPodActive), book);
        }
      },
      atRest(cluster) {
        for (const job of cluster.journal.list('jobs.batch')) {
          const { name: called, uid } = job.metadata;
          if (job.spec?.suspend !== true) expect([called, isJobFinished(job)]).toEqual([called, true]);
          const kept = isKeeping(job) ? cluster.journal.controlledBy('pods', uid).filter(isTracked).length : 0;
          countedOnce(job, bookOf(cluster, uid), kept);
        }
        const isKept = (pod: StoredPod): boolean => isKeeping(ownerOf(cluster, pod));
        expect(names(cluster.journal.list('pods').filter((pod) => isTracked(pod) && !isKept(pod)))).toEqual([]);
      },
    });
  },
  historiesPatienceMs(),
);

async function create(cluster: TestCluster, job: Name): Promise<void> {
  await cluster.create('jobs.batch', { metadata: { name: job }, spec: { ...JOBS[job], template: TEMPLATE } });
}

async function grant(cluster: TestCluster, wish: Wish): Promise<void> {
  const isThere = 'name' in wish && cluster.journal.get('jobs.batch', 'default', wish.name) !== undefined;
  switch (wish.kind) {
    case 'suspend':
      return isThere ? cluster.patch('jobs.batch', wish.name, { spec: { suspend: wish.suspend } }) : undefined;
    case 'parallelism':
      return isThere ? cluster.patch('jobs.batch', wish.name, { spec: { parallelism: wish.to } }) : undefined;
    case 'anew':
      if (isThere) {
        await cluster.delete('jobs.batch', wish.name, { propagationPolicy: 'Background' });
      }
      return create(cluster, wish.name);
    case 'relabel': {
      const pods = cluster.journal.list('pods');
      const pod = pods[wish.nth % Math.max(pods.length, 1)];
      if (pod === undefined) return;
      return cluster.patch('pods', pod.metadata.name, { metadata: { labels: { [CHOSEN_BY]: null } } });
    }
  }
}

/** What was seen of a Job's pods after every command. */
interface Book {
  /** Pods whose end was to be counted, by what it was to count as; those that the Job gave up before are none of them. */
  readonly ended: Map<string, 'succeeded' | 'failed'>;
  /** Those of them that ended while the controller could not see it. */
  readonly unseen: Set<string>;
  /** Pods that the status has named. */
  readonly named: { readonly succeeded: Set<string>; readonly failed: Set<string> };
  /** The largest parallelism there was. */
  most: number;
}

function emptyBook(): Book {
  return { ended: new Map(), unseen: new Set(), named: { succeeded: new Set(), failed: new Set() }, most: 0 };
}

/** One that was given up before anybody could see that it had ended counts as given up, as by Kubernetes. */
function keep(book: Book, { metadata, spec, status }: StoredJob, pods: readonly StoredPod[], isUnseen: boolean): void {
  book.most = Math.max(book.most, spec?.parallelism ?? 1, JOBS[metadata.name as Name].parallelism);
  for (const field of ['succeeded', 'failed'] as const) {
    for (const uid of status?.uncountedTerminatedPods?.[field] ?? []) book.named[field].add(uid);
  }
  if (!isUnseen) book.unseen.clear();
  const held = new Set(pods.filter(isTracked).map((pod) => pod.metadata.uid));
  // One that was on its way out goes with its finalizer.
  for (const uid of book.unseen) {
    if (!held.has(uid) && !book.named.failed.has(uid) && !book.named.succeeded.has(uid)) book.ended.delete(uid);
  }
  for (const pod of pods) {
    const { uid, labels } = pod.metadata;
    if (labels?.[CHOSEN_BY] === undefined) book.ended.delete(uid);
    else if (isTracked(pod) && isPodFinished(pod) && !book.ended.has(uid)) {
      book.ended.set(uid, pod.status?.phase === 'Succeeded' ? 'succeeded' : 'failed');
      if (isUnseen) book.unseen.add(uid);
    }
  }
}

/** No more pods of a Job at once than it has ever allowed, nor two of one index. */
function neverTooMany({ metadata, spec }: StoredJob, active: readonly StoredPod[], { most }: Book): void {
  if (active.length > most) throw new Error(`${metadata.name} has ${active.length} pods, of ${most} at most`);
  if (spec?.completionMode !== 'Indexed') return;
  const indexes = active.map(indexOf);
  if (new Set(indexes).size < indexes.length) throw new Error(`${metadata.name} has pods ${indexes.join()}`);
}

/** Counters say how many pods the status has named; each was named once, and none was forgotten but those that are kept. */
function countedOnce({ metadata, spec, status = {} }: StoredJob, { named, ended }: Book, kept: number): void {
  const { succeeded = 0, failed = 0, completedIndexes, uncountedTerminatedPods = {} } = status;
  const isIndexed = spec?.completionMode === 'Indexed';
  const indexes = IndexSet.parse(completedIndexes, spec?.completions ?? 0).size;
  expect([metadata.name, { uncountedTerminatedPods, succeeded, failed }]).toEqual([
    metadata.name,
    { uncountedTerminatedPods: {}, succeeded: isIndexed ? indexes : named.succeeded.size, failed: named.failed.size },
  ]);
  expect([...named.succeeded].filter((uid) => named.failed.has(uid))).toEqual([]);
  const forgotten = [...ended].filter(
    ([uid, as]) => !(isIndexed && as === 'succeeded') && !named.succeeded.has(uid) && !named.failed.has(uid),
  );
  expect([metadata.name, forgotten.slice(kept)]).toEqual([metadata.name, []]);
}

/** The last failure of an index goes once another pod has its place and its count: while its Job is suspended, as by Kubernetes, none comes. */
function isKeeping(job: StoredJob | undefined): boolean {
  return job?.spec?.suspend === true && job.spec.backoffLimitPerIndex !== undefined;
}

function ownerOf(cluster: TestCluster, pod: StoredPod): StoredJob | undefined {
  return cluster.journal.get('jobs.batch', 'default', controllerOf(pod)?.name ?? '');
}
