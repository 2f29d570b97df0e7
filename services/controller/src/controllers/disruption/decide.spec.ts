import type { ObjectOf, PodDisruptionBudgetStatus } from '@shiplog/contracts';
import { momentOf, type ReconcileResult } from '../../runtime/domain/controller';
import { at, bare, EPOCH, pod } from '../../testing/objects';
import { decideBudget, type BudgetView } from './decide';
import { expectationOf, type Expectation, type ExpectedScale } from './expectation';

type Budget = ObjectOf<'poddisruptionbudgets.policy'>;

const NOW = momentOf(EPOCH + 3_600_000);
const budget = (spec: object, status: object = {}): Budget =>
  bare(
    'poddisruptionbudgets.policy',
    'web',
    { generation: 2 },
    { spec: { selector: { matchLabels: { app: 'web' } }, ...spec }, status },
  );
const ready = (name: string, options: object = {}) => pod(name, { ready: true, ...options });
const expecting = (expectedPods: number, desiredHealthy: number, unmanaged: string[] = []): Expectation => ({
  ok: true,
  expectedPods,
  desiredHealthy,
  unmanaged,
});
const decided = (view: Partial<BudgetView>): ReconcileResult =>
  decideBudget({ budget: budget({}), pods: [], expectation: expecting(3, 2), now: NOW, ...view });
const written = ({ commands: [command] }: ReconcileResult) =>
  command?.type === 'PatchObject'
    ? (command.data.patch as { status: Record<string, unknown> & PodDisruptionBudgetStatus }).status
    : undefined;

describe('a PodDisruptionBudget', () => {
  it('counts its healthy pods, and what may go of them', () => {
    const pods = [ready('a'), ready('b'), ready('c'), pod('d'), ready('going', { deleting: true })];
    expect(written(decided({ pods, expectation: expecting(4, 2) }))).toEqual({
      currentHealthy: 3,
      desiredHealthy: 2,
      expectedPods: 4,
      disruptionsAllowed: 1,
      disruptedPods: {},
      observedGeneration: 2,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          reason: 'SufficientPods',
          message: '',
          observedGeneration: 2,
          lastTransitionTime: NOW.time,
        },
      ],
    });
  });

  it.each<[string, Partial<BudgetView>]>([
    ['too few pods are healthy', { pods: [ready('a'), pod('b')] }],
    ['as many are as it wants', { pods: [ready('a'), ready('b')] }],
    ['none is expected, whatever it wants', { pods: [ready('a')], expectation: expecting(0, 0) }],
  ])('allows none when %s', (_that, view) => {
    expect(written(decided(view))).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'InsufficientPods' }],
    });
  });

  it('writes what it counts only where it was not charged meanwhile, and not twice', () => {
    const pods = [ready('a'), ready('b'), ready('c')];
    const result = decided({ pods });
    expect(result.commands[0]?.data).toMatchObject({
      subresource: 'status',
      patch: { metadata: { uid: expect.any(String) as string, resourceVersion: '1' } },
    });
    expect(decided({ pods, budget: budget({}, written(result)) })).toMatchObject({ commands: [], notes: [] });
  });

  it('waits for evicted pods to go, two minutes long, and then tells of those that did not', () => {
    const evictedAt = (seconds: number) =>
      budget({}, { disruptedPods: { a: at(3_600 - seconds), gone: at(0), b: at(3_599) } });
    const pods = [ready('a'), ready('b', { deleting: true }), ready('c')];
    const waiting = decided({ pods, budget: evictedAt(90) });
    expect(written(waiting)).toMatchObject({
      currentHealthy: 1,
      disruptedPods: { a: at(3_510), b: null, gone: null },
    });
    expect(waiting.requeueAfterMs).toBe(30_001);
    const overdue = decided({ pods, budget: evictedAt(121) });
    expect(written(overdue)).toMatchObject({ currentHealthy: 2, disruptedPods: { a: null, b: null, gone: null } });
    expect(overdue.notes).toEqual([
      expect.objectContaining({
        type: 'Warning',
        reason: 'NotDeleted',
        message: "Pod was expected by PDB default/web to be deleted but it wasn't",
        component: 'controllermanager',
        about: expect.objectContaining({ resource: 'pods', name: 'a' }) as object,
      }),
    ]);
  });

  it('takes no pod for the evicted one whose name it has', () => {
    const evicted = budget({}, { disruptedPods: { a: at(3_590) } });
    expect(written(decided({ pods: [ready('a', { created: 3_595 })], budget: evicted }))).toMatchObject({
      currentHealthy: 1,
      disruptedPods: { a: null },
    });
  });

  it('allows none while it can not be counted, says why, and keeps what it knew', () => {
    const known = {
      currentHealthy: 3,
      desiredHealthy: 1,
      expectedPods: 3,
      disruptionsAllowed: 2,
      observedGeneration: 1,
    };
    const failed = { ok: false, message: 'found no controllers for pod "a"' } as const;
    const result = decided({ budget: budget({}, known), expectation: failed });
    const status = written(result);
    expect(status).toMatchObject({
      ...known,
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'SyncFailed', message: failed.message, observedGeneration: 1 }],
    });
    expect(result.commands[0]?.note).toMatchObject({
      reason: 'CalculateExpectedPodCountFailed',
      message: 'Failed to calculate the number of expected pods: found no controllers for pod "a"',
    });
    expect(decided({ budget: budget({}, status), expectation: failed })).toEqual({ commands: [] });
  });

  it('says that nothing matches, and which pods it can not count', () => {
    expect(decided({ pods: [] }).commands[0]?.note).toMatchObject({
      type: 'Normal',
      reason: 'NoPods',
      message: 'No matching pods found',
    });
    const [command] = decided({ pods: [ready('a')], expectation: expecting(3, 2, ['a']) }).commands;
    expect(command?.note?.message).toMatch(
      /^Pods selected by this PodDisruptionBudget \(selector: &LabelSelector{MatchLabels:map\[string\]string{app: web,},MatchExpressions:\[\]LabelSelectorRequirement{},}\) were found to be unmanaged\./,
    );
  });
});

describe('what a PodDisruptionBudget asks for', () => {
  const scale = (replicas: number): ExpectedScale => ({ ok: true, replicas, unmanaged: [] });
  it.each<[object, number, number]>([
    [{ minAvailable: 3 }, 4, 3],
    [{ minAvailable: '50%' }, 7, 4],
    [{ minAvailable: '0%' }, 7, 0],
    [{ maxUnavailable: 2 }, 7, 5],
    [{ maxUnavailable: '30%' }, 7, 4],
    [{ maxUnavailable: 9 }, 7, 0],
    [{}, 7, 0],
  ])('%j of 4 pods that controllers want 7 of', (spec, expectedPods, desiredHealthy) => {
    expect(expectationOf(budget(spec), 4, scale(7))).toEqual({ ok: true, expectedPods, desiredHealthy, unmanaged: [] });
  });

  it('is not to be told by a scale that is not known, nor by half a percentage', () => {
    const unknown: ExpectedScale = { ok: false, message: 'no scale' };
    expect(expectationOf(budget({ maxUnavailable: 1 }), 4, unknown)).toBe(unknown);
    expect(expectationOf(budget({ minAvailable: 1 }), 4, unknown)).toMatchObject({ desiredHealthy: 1 });
    expect(expectationOf(budget({ minAvailable: 'half' }), 4, scale(1))).toEqual({
      ok: false,
      message: 'invalid value for IntOrString: invalid type: string is not a percentage',
    });
  });
});
