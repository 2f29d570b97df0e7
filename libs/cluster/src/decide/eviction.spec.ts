import type { CommandData } from '@shiplog/contracts';
import {
  bind,
  cluster,
  create,
  createPod,
  patch,
  remove,
  type Asked,
  type TestCluster,
  type Told,
} from './testing/given';

const BUDGETS = 'poddisruptionbudgets.policy';
const labels = { app: 'web' };
const evict = (options: Partial<CommandData['EvictPod']> = {}): Asked => ({
  type: 'EvictPod',
  data: { namespace: 'default', name: 'p', ...options },
});
const ready = (status = 'True') => ({ phase: 'Running', conditions: [{ type: 'Ready', status }] });

/** A pod that runs, and a budget in a state. */
function running(
  status: object | undefined,
  { pod = ready(), spec = {} }: { pod?: object; spec?: object } = {},
): TestCluster {
  const at = cluster('n1').given(createPod('p', { metadata: { labels } }));
  at.given(bind(at, 'p', 'n1'));
  at.given(patch('pods', 'p', { status: pod }, 'status'));
  if (status === undefined) return at;
  at.given(create(BUDGETS, 'b', { spec: { minAvailable: 1, selector: { matchLabels: labels }, ...spec } }));
  return at.given(patch(BUDGETS, 'b', { status: { observedGeneration: 1, ...status } }, 'status'));
}

const refusal = ({ reply }: Told) => (reply.ok ? undefined : reply.status);
const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";
const violation = (message: string, retry: object = {}) => ({
  code: 429,
  reason: 'TooManyRequests',
  message: VIOLATION,
  details: { causes: [{ reason: 'DisruptionBudget', message }], ...retry },
});

describe('an eviction', () => {
  it('deletes a pod that no budget counts, and says in the pod what became of it', () => {
    const at = running(undefined);
    const { types, reply } = at.when(evict({ gracePeriodSeconds: 7 }));
    expect(types).toEqual(['pods.DeletionRequested']);
    expect(reply).toMatchObject({ ok: true });
    at.given(evict({ gracePeriodSeconds: 7 }));
    expect(at.get('pods', 'default', 'p')).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 7, deletionTimestamp: expect.any(String) as string },
      status: {
        conditions: [
          { type: 'Ready' },
          {
            type: 'DisruptionTarget',
            status: 'True',
            reason: 'EvictionByEvictionAPI',
            message: 'Eviction API: evicting',
          },
        ],
      },
    });
  });

  it('charges the budget of the pod in the same commit', () => {
    const at = running({ disruptionsAllowed: 2 });
    expect(at.when(evict()).types).toEqual([`${BUDGETS}.StatusChanged`, 'pods.DeletionRequested']);
    at.given(evict());
    expect(at.get(BUDGETS, 'default', 'b')?.status).toMatchObject({
      disruptionsAllowed: 1,
      disruptedPods: { p: expect.any(String) as string },
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', observedGeneration: 1 }],
    });
  });

  it('that was the last one says so in the budget', () => {
    const at = running({ disruptionsAllowed: 1 });
    at.given(evict());
    expect(at.get(BUDGETS, 'default', 'b')?.status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
  });

  it.each<[string, object, object]>([
    [
      'allows none',
      { desiredHealthy: 3, currentHealthy: 2 },
      violation('The disruption budget b needs 3 healthy pods and has 2 currently'),
    ],
    [
      'tells why it allows none',
      {
        conditions: [
          {
            type: 'DisruptionAllowed',
            status: 'False',
            reason: 'SyncFailed',
            message: 'no owner',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      },
      violation('no owner'),
    ],
    [
      'nobody has looked at yet',
      { observedGeneration: 0, disruptionsAllowed: 1 },
      violation('The disruption budget b is still being processed by the server.', { retryAfterSeconds: 10 }),
    ],
  ])('is refused by a budget that %s', (_that, status, expected) => {
    const told = running(status).when(evict());
    expect(refusal(told)).toMatchObject(expected);
    expect(refusal(told)?.details).toEqual((expected as { details: object }).details);
  });

  it('is refused where there are several budgets, and for a pod that is not there', () => {
    const at = running({ disruptionsAllowed: 1 });
    at.given(create(BUDGETS, 'c', { spec: { maxUnavailable: 1, selector: {} } }));
    expect(refusal(at.when(evict()))).toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
    expect(refusal(at.when(evict({ name: 'q' })))).toMatchObject({ code: 404, message: 'pods "q" not found' });
  });

  it.each<[string, object]>([
    ['has not started', { pod: { phase: 'Pending' } }],
    ['has ended', { pod: { phase: 'Succeeded' } }],
    [
      'is not ready, where its budget lets such pods go',
      { pod: ready('False'), spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
    ],
    ['is of no budget', { spec: { selector: { matchLabels: { app: 'other' } } } }],
    ['is of a budget that chooses nothing', { spec: { selector: undefined } }],
  ])('asks no budget about a pod that %s', (_that, given) => {
    const { types, reply } = running({ disruptionsAllowed: 0 }, given).when(evict());
    expect(reply).toMatchObject({ ok: true });
    expect(types).toEqual([expect.stringMatching(/^pods\./)]);
  });

  it('lets a pod go that is not ready while enough others are', () => {
    const pod = ready('False');
    expect(running({ desiredHealthy: 2, currentHealthy: 2 }, { pod }).when(evict()).reply.ok).toBe(true);
    expect(running({ desiredHealthy: 2, currentHealthy: 1 }, { pod }).when(evict()).reply.ok).toBe(false);
  });

  it('may ask again for what is going, writes nothing in a dry run, and means the pod that it names', () => {
    const at = running({ disruptionsAllowed: 1 });
    expect(at.when(evict({ dryRun: true }))).toMatchObject({ types: [], reply: { ok: true } });
    expect(refusal(at.when(evict({ preconditions: { uid: 'another' } })))).toMatchObject({ code: 409 });
    at.given(remove('pods', 'p'));
    expect(at.when(evict()).types).toEqual([expect.stringMatching(/^pods\./)]);
  });
});
