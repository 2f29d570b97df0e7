import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  type BuiltIn,
  type ObjectOf,
  type PodTemplateSpec,
  SCHEDULER_VIEW,
  type SchedulingReview,
  type SchedulingReviewSpec,
  type SchedulingReviewStatus,
  type StoredObject,
} from '@shiplog/contracts';
import { ok, Problems, refused, type Result, statusOf } from '@shiplog/apimachinery';
import { defaultPodTemplate, validatePodTemplate } from '@shiplog/admission';
import type { StoredPod } from '@shiplog/kube';
import {
  capacityFor,
  ClusterView,
  DEFAULT_POLICY,
  explain,
  podFacts,
  policyOf,
  withoutNodes,
} from '@shiplog/scheduling';
import { ClusterCache } from '../../../cache/cluster-cache';
import { HistoricalReads } from '../../../cache/historical-reads';
import { ReadBarrier } from '../../../cache/read-barrier';
import type { ReviewContext } from '../review';

/** Copies of a pod, or pods of nodes that leave, that one question may be about: each is a decision of about a millisecond. */
const MOST_DECISIONS = 5_000;
const MOST_NODES_GONE = 1_000;
/** Nodes or pods that are taken in between two turns of the event loop: a few milliseconds. */
const SLICE = 500;
/** Whichever of equally good nodes: a question about what would be has no seed of its own. */
const SEED = 1;
const READ = Object.keys(SCHEDULER_VIEW.resources) as BuiltIn[];

/** The cluster as it was at a position, as far as scheduling looks at it. */
interface Past {
  readonly position: number;
  list<R extends BuiltIn>(resource: R): readonly ObjectOf<R>[];
}

/** Asks the scheduler's rules about now or the past: where a pod may go, how many more of it fit, what becomes of nodes' pods. */
@Injectable()
export class SchedulingReviews {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly historical: HistoricalReads,
    private readonly barrier: ReadBarrier,
  ) {}

  /**
   * The question with its answer; 422 for one that can't be asked, 404 for a pod that was not there, 410 for a past that is not kept,
   * 504 for a future that does not come.
   */
  async answer(review: SchedulingReview, { namespace, row }: ReviewContext): Promise<Result<SchedulingReview>> {
    const problems = new Problems();
    validate(review.spec, problems);
    if (!problems.none) return refused(statusOf.invalid(row, '', problems.causes));
    const past = await this.#past(review.spec.position);
    validateLeaving(review.spec.withoutNodes, past, problems);
    if (!problems.none) return refused(statusOf.invalid(row, '', problems.causes));
    const pod = podOf(review.spec, past.list('pods'), namespace);
    if (pod === 'not found') return refused(statusOf.notFound('pods', review.spec.podName ?? ''));
    return ok({ ...review, status: await judged(review.spec, past, pod) });
  }

  async #past(asked: number | undefined): Promise<Past> {
    const { state, position } = this.cluster.projection;
    if (asked === undefined || asked === 0) {
      // Objects are never changed, so lists of them are the cluster as it is now, however long the answer takes.
      const lists = new Map<BuiltIn, readonly StoredObject[]>(READ.map((resource) => [resource, state.list(resource)]));
      return pastOf(position, lists);
    }
    await this.barrier.before({ at: 'exactly', position: asked });
    const lists = new Map<BuiltIn, readonly StoredObject[]>();
    for (const resource of READ) lists.set(resource, await this.historical.at(resource, '', asked));
    return pastOf(asked, lists);
  }
}

function pastOf(position: number, lists: ReadonlyMap<BuiltIn, readonly StoredObject[]>): Past {
  return { position, list: (resource) => (lists.get(resource) ?? []) as never };
}

function validate(spec: SchedulingReviewSpec, problems: Problems): void {
  const { podName, template, position = 0, count = 0, withoutNodes = [] } = spec;
  if (podName !== undefined && template !== undefined) {
    problems.forbidden('spec.template', 'may not be specified when `podName` is specified');
  }
  const isAsked = podName !== undefined || template !== undefined;
  if (!isAsked && withoutNodes.length === 0) {
    problems.required('spec', 'must specify one of: `podName`, `template` or `withoutNodes`');
  }
  if (!isAsked && count !== 0) problems.forbidden('spec.count', 'may not be specified when no pod is asked about');
  if (position < 0) problems.invalid('spec.position', position, 'must be greater than or equal to 0');
  if (count < 0 || count > MOST_DECISIONS) {
    problems.invalid('spec.count', count, `must be between 0 and ${MOST_DECISIONS}, inclusive`);
  }
  if (withoutNodes.length > MOST_NODES_GONE) {
    problems.tooMany('spec.withoutNodes', withoutNodes.length, MOST_NODES_GONE);
  }
  if (template !== undefined) validatePodTemplate(completed(template), 'spec.template', problems);
}

/** A template as its pods would be made of it. It does not matter to the rules which image a container has: none need be named. */
function completed(template: PodTemplateSpec): PodTemplateSpec {
  const copy = structuredClone(template);
  const { initContainers = [], containers = [] } = copy.spec ?? {};
  for (const container of [...initContainers, ...containers]) container.image ??= 'any';
  defaultPodTemplate(copy);
  return copy;
}

/** Nodes that leave were there, and have no more pods than one question may move. */
function validateLeaving(leaving: readonly string[] = [], past: Past, problems: Problems): void {
  if (leaving.length === 0) return;
  const nodes = new Set(past.list('nodes').map(({ metadata }) => metadata.name));
  leaving.forEach((name, i) => {
    if (!nodes.has(name)) problems.notFound(`spec.withoutNodes[${i}]`, name);
  });
  const gone = new Set(leaving);
  const pods = past.list('pods').filter(({ spec }) => gone.has(spec?.nodeName ?? '')).length;
  if (pods > MOST_DECISIONS) {
    problems.forbidden(
      'spec.withoutNodes',
      `they have ${pods} pods, of ${MOST_DECISIONS} at most that one question may be about`,
    );
  }
}

/** The pod that is asked about, as if it had no node yet; undefined: none is. */
function podOf(
  { podName, template }: SchedulingReviewSpec,
  pods: readonly StoredPod[],
  namespace: string,
): StoredPod | 'not found' | undefined {
  if (podName !== undefined) {
    const found = pods.find(({ metadata }) => metadata.name === podName && metadata.namespace === namespace);
    return found ?? 'not found';
  }
  if (template === undefined) return undefined;
  const { spec, metadata: { labels, annotations } = {} } = completed(template);
  const metadata = { name: 'review', namespace, uid: 'review', resourceVersion: '0', labels, annotations };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, creationTimestamp: '' }, spec } as StoredPod;
}

async function judged(
  { count = 0, withoutNodes: leaving = [] }: SchedulingReviewSpec,
  past: Past,
  pod: StoredPod | undefined,
): Promise<SchedulingReviewStatus> {
  const fallback = policyOf(DEFAULT_POLICY);
  const status: SchedulingReviewStatus = { position: past.position };
  const view = await viewOf(past);
  if (leaving.length > 0) {
    const options = { policy: fallback, seed: SEED };
    const placements = await toTheEnd(withoutNodes(view, new Set(leaving), past.list('pods'), options));
    status.displaced = placements.map(({ pod: { metadata }, verdict }) => ({
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      ...('node' in verdict && !('sentence' in verdict) && { node: verdict.node }),
      ...('sentence' in verdict && { message: verdict.sentence }),
    }));
  }
  if (pod === undefined) return status;
  // About the cluster without its nodes that leave, and without the pod itself.
  view.removePod(pod.metadata.uid);
  const policy = view.policies.policyFor(pod, fallback);
  status.policy = policy.id;
  status.nodes = explain(view.snapshot(), podFacts(unbound(pod)), policy).map(({ node, refusals, score }) => {
    const given = Object.entries(refusals).filter(([, reasons]) => reasons.length > 0);
    const refusing = given.map(([rule, reasons]): [string, string[]] => [rule, [...reasons]]);
    return {
      name: node,
      ...(given.length > 0 && { refusals: Object.fromEntries(refusing) }),
      ...(score !== undefined && { points: { ...score.byRule }, total: score.total }),
    };
  });
  if (count === 0) return status;
  const capacity = await toTheEnd(capacityFor(view.snapshot(), unbound(pod), count, { policy: fallback, seed: SEED }));
  const { fits, more, byNode, sentence } = capacity;
  status.capacity = { fits, ...(more && { more }), byNode: { ...byNode }, ...(sentence && { message: sentence }) };
  return status;
}

function unbound(pod: StoredPod): StoredPod {
  const { nodeName: _had, ...spec } = pod.spec ?? { containers: [] };
  return { ...pod, spec, status: {} };
}

/** Nodes and pods, of which there may be many thousands, are taken in by and by. */
async function viewOf(past: Past): Promise<ClusterView> {
  const view = ClusterView.of({
    list: (resource: BuiltIn) => (resource === 'pods' || resource === 'nodes' ? [] : past.list(resource)),
  } as never);
  await inSlices(past.list('nodes'), (node) => view.setNode(node));
  await inSlices(past.list('pods'), (pod) => view.setPod(pod));
  return view;
}

async function inSlices<T>(items: readonly T[], take: (item: T) => void): Promise<void> {
  for (const [i, item] of items.entries()) {
    if (i % SLICE === 0) await turn();
    take(item);
  }
}

async function toTheEnd<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await turn();
  }
}
