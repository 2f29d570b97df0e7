import { VIRTUAL_RESOURCES, type BuiltIn, type SchedulingReviewSpec, type StoredObject } from '@shiplog/contracts';
import type { ClusterCache } from '../../../cache/cluster-cache';
import type { HistoricalReads } from '../../../cache/historical-reads';
import { clusterOf } from '../../../testing/api-testing';
import type { ReadBarrier } from '../../../cache/read-barrier';
import type { ReviewContext } from '../review';
import { SchedulingReviews } from './scheduling-reviews';

const named = (name: string, fields: object, namespace?: string): StoredObject =>
  ({
    metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' },
    ...fields,
  }) as unknown as StoredObject;
const node = (name: string, spec = {}): StoredObject =>
  named(name, { spec, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } } });
const asking = (cpu: string, spec = {}) => ({ ...spec, containers: [{ name: 'c', resources: { requests: { cpu } } }] });
const pod = (name: string, cpu: string, spec = {}): StoredObject =>
  named(name, { spec: asking(cpu, spec), status: {} }, 'default');

const NODES = [node('a'), node('b'), node('c', { unschedulable: true })];
const PODS = [pod('on-a', '3', { nodeName: 'a' }), pod('on-b', '3', { nodeName: 'b' }), pod('waits', '2')];
/** There were no pods yet. */
const AT_THREE: Partial<Record<BuiltIn, StoredObject[]>> = { nodes: NODES };

const row = VIRTUAL_RESOURCES.find(({ kind }) => kind === 'SchedulingReview')!;
/** No position is one that is yet to come. */
const AT_ONCE = { before: () => undefined } as unknown as ReadBarrier;
const reviews = new SchedulingReviews(
  clusterOf(PODS, { nodes: NODES }) as ClusterCache,
  {
    at: (resource: BuiltIn, _: string, position: number) =>
      Promise.resolve(position === 3 ? (AT_THREE[resource] ?? []) : []),
  } as unknown as HistoricalReads,
  AT_ONCE,
);
const ask = (spec: SchedulingReviewSpec, of = reviews) =>
  of.answer({ apiVersion: 'scheduling.shiplog.dev/v1', kind: 'SchedulingReview', metadata: {}, spec }, {
    namespace: 'default',
    row,
  } as unknown as ReviewContext);
const statusOf = async (spec: SchedulingReviewSpec) => {
  const result = await ask(spec);
  if (!result.ok) throw new Error(result.status.message);
  return result.value.status!;
};
const refusalOf = async (spec: SchedulingReviewSpec) => {
  const result = await ask(spec);
  return result.ok ? undefined : { code: result.status.code, message: result.status.message };
};

it('says of every node what every rule says, for a pod that is there as if it had no node', async () => {
  const { position, policy, nodes = [] } = await statusOf({ podName: 'waits' });
  expect([position, policy]).toEqual([7, 'default/3']);
  expect(nodes).toEqual([
    { name: 'a', refusals: { NodeResourcesFit: ['Insufficient cpu'] } },
    { name: 'b', refusals: { NodeResourcesFit: ['Insufficient cpu'] } },
    { name: 'c', refusals: { NodeUnschedulable: ['node(s) were unschedulable'] } },
  ]);
  const placed = (await statusOf({ podName: 'on-a' })).nodes?.find(({ name }) => name === 'a');
  expect(placed?.refusals).toBeUndefined();
  const points = Object.values(placed?.points ?? {});
  expect(placed?.total).toBe(points.reduce((sum, each) => sum + each, 0));
});

it('counts how many more of a pod fit, and says why not one more', async () => {
  const template = { spec: asking('500m') };
  expect((await statusOf({ template, count: 100 })).capacity).toEqual({
    fits: 4,
    byNode: { a: 2, b: 2 },
    message: expect.stringMatching(/^0\/3 nodes are available: 1 node\(s\) were unschedulable, 2 Insufficient cpu\./),
  });
  expect((await statusOf({ template, count: 3 })).capacity).toMatchObject({ fits: 3, more: true });
});

it('tells where the pods of nodes would go that leave', async () => {
  const { displaced } = await statusOf({ withoutNodes: ['a'] });
  expect(displaced).toEqual([
    {
      namespace: 'default',
      name: 'on-a',
      message: expect.stringMatching(/^0\/2 nodes are available: 1 Insufficient cpu, 1 node\(s\) were unschedulable\./),
    },
  ]);
});

it('looks at any moment that the log has', async () => {
  const { position, capacity } = await statusOf({ template: { spec: asking('1') }, count: 100, position: 3 });
  expect([position, capacity?.fits]).toEqual([3, 8]);
});

it('is refused for what makes no question, and for a pod that there is not', async () => {
  const prefix = 'SchedulingReview.scheduling.shiplog.dev "" is invalid:';
  expect(await refusalOf({})).toEqual({
    code: 422,
    message: `${prefix} spec: Required value: must specify one of: \`podName\`, \`template\` or \`withoutNodes\``,
  });
  expect(await refusalOf({ podName: 'waits', count: 9_999, position: -1 })).toEqual({
    code: 422,
    message: `${prefix} [spec.position: Invalid value: -1: must be greater than or equal to 0, spec.count: Invalid value: 9999: must be between 0 and 5000, inclusive]`,
  });
  expect(await refusalOf({ podName: 'lost' })).toEqual({ code: 404, message: 'pods "lost" not found' });
});

it('is refused where no such pod could be made, and for nodes that there are not', async () => {
  const prefix = 'SchedulingReview.scheduling.shiplog.dev "" is invalid:';
  const spreading = {
    topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }],
  };
  expect(await refusalOf({ template: { spec: asking('-1', spreading) } })).toEqual({
    code: 422,
    message: `${prefix} [spec.template.spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0, spec.template.spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero]`,
  });
  expect(await refusalOf({ withoutNodes: ['a', 'd'] })).toEqual({
    code: 422,
    message: `${prefix} spec.withoutNodes[1]: Not found: "d"`,
  });
});

it('is refused for nodes with more pods than one question may move', async () => {
  const many = Array.from({ length: 5_001 }, (_, i) => pod(`p-${i}`, '1m', { nodeName: 'a' }));
  const crowded = new SchedulingReviews(
    clusterOf(many, { nodes: NODES }) as ClusterCache,
    {} as HistoricalReads,
    AT_ONCE,
  );
  const result = await ask({ withoutNodes: ['a'] }, crowded);
  expect(!result.ok && result.status.message).toContain(
    'spec.withoutNodes: Forbidden: they have 5001 pods, of 5000 at most that one question may be about',
  );
});
