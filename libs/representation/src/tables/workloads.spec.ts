import type { BuiltIn, StoredObject } from '@shiplog/contracts';
import { stored, versioned } from '../../../apimachinery/src/testing/objects';
import { tableOf } from './table';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'web', image: 'nginx' },
      { name: 'log', image: 'tail' },
    ],
    nodeSelector: { disk: 'ssd' },
  },
};
const selector = {
  matchLabels: { app: 'web' },
  matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '2'] }],
};
const wide = ['web,log', 'nginx,tail'];
const chosen = 'a in (1,2),app=web';

function cellsOf(resource: BuiltIn, fields: object, metadata: object = {}): unknown {
  const object = {
    apiVersion: 'v1',
    kind: 'K',
    ...fields,
    metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  };
  const options = { now: NOW, includeObject: 'None', metadata: {} } as const;
  const { rows, columnDefinitions } = tableOf(versioned(resource), [stored(object) as StoredObject], options);
  expect(columnDefinitions).toHaveLength(rows[0]?.cells.length ?? 0);
  return rows[0]?.cells;
}

const owned = {
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }],
};

describe('the table of', () => {
  it.each<[BuiltIn, object, object, unknown[]]>([
    [
      'deployments.apps',
      {
        spec: { replicas: 3, selector, template },
        status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
      },
      {},
      ['x', '2/3', 3, 1, '60m', ...wide, chosen],
    ],
    [
      'replicasets.apps',
      { spec: { replicas: 3, selector, template }, status: { replicas: 2, readyReplicas: 1 } },
      {},
      ['x', 3, 2, 1, '60m', ...wide, chosen],
    ],
    [
      'statefulsets.apps',
      { spec: { replicas: 3, template }, status: { readyReplicas: 2 } },
      {},
      ['x', '2/3', '60m', ...wide],
    ],
    [
      'daemonsets.apps',
      {
        spec: { selector, template },
        status: {
          desiredNumberScheduled: 5,
          currentNumberScheduled: 4,
          numberReady: 3,
          updatedNumberScheduled: 2,
          numberAvailable: 1,
        },
      },
      {},
      ['x', 5, 4, 3, 2, 1, 'disk=ssd', '60m', ...wide, chosen],
    ],
    ['controllerrevisions.apps', { revision: 4 }, owned, ['x', 'statefulset.apps/web', 4, '60m']],
    ['controllerrevisions.apps', { revision: 4 }, {}, ['x', '<none>', 4, '60m']],
    ['podtemplates', { template }, {}, ['x', ...wide, 'app=web']],
    [
      'jobs.batch',
      { spec: { completions: 3, selector, template }, status: { succeeded: 1, startTime: '2026-01-01T00:59:00Z' } },
      {},
      ['x', 'Running', '1/3', '60s', '60m', ...wide, chosen],
    ],
    [
      'cronjobs.batch',
      {
        spec: { schedule: '@daily', timeZone: 'Etc/UTC', suspend: false, jobTemplate: { spec: { template } } },
        status: { active: [{}], lastScheduleTime: '2026-01-01T00:50:00Z' },
      },
      {},
      ['x', '@daily', 'Etc/UTC', 'False', 1, '10m', '60m', ...wide, '<none>'],
    ],
    [
      'cronjobs.batch',
      { spec: { schedule: '* * * * *', jobTemplate: {} } },
      {},
      ['x', '* * * * *', '<none>', '<unset>', 0, '<none>', '60m', '', '', '<none>'],
    ],
    [
      'poddisruptionbudgets.policy',
      { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 2 } },
      {},
      ['x', '50%', 'N/A', 2, '60m'],
    ],
    ['poddisruptionbudgets.policy', { spec: { maxUnavailable: 0 } }, {}, ['x', 'N/A', '0', 0, '60m']],
  ])('%s is that of kubectl on Kubernetes', (resource, fields, metadata, cells) => {
    expect(cellsOf(resource, fields, metadata)).toEqual(cells);
  });

  it.each([
    [['Complete', 'SuccessCriteriaMet'], {}, 'Complete'],
    [['FailureTarget', 'Failed'], {}, 'Failed'],
    [['Failed'], { deletionTimestamp: '2026-01-01T00:00:00Z' }, 'Failed'],
    [['Suspended'], { deletionTimestamp: '2026-01-01T00:00:00Z' }, 'Terminating'],
    [['Suspended'], {}, 'Suspended'],
    [['FailureTarget'], {}, 'FailureTarget'],
    [['SuccessCriteriaMet'], {}, 'SuccessCriteriaMet'],
  ])('jobs has a word for %j', (types, metadata, word) => {
    const conditions = types.map((type) => ({ type, status: 'True' }));
    expect(cellsOf('jobs.batch', { status: { conditions } }, metadata)).toContain(word);
  });

  it.each([
    [{ completions: 2, parallelism: 5 }, '0/2'],
    [{ parallelism: 5 }, '0/1 of 5'],
    [{ parallelism: 1 }, '0/1'],
  ])('jobs counts the completions of %j', (spec, completions) => {
    expect(cellsOf('jobs.batch', { spec })).toEqual(['x', 'Running', completions, '', '60m', '', '', '']);
  });

  it.each<[string, object[], object[], string]>([
    ['nothing', [], [], '<none>'],
    [
      'a share of a resource',
      [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
      [{ resource: { current: { averageUtilization: 10 } } }],
      'cpu: 10%/80%',
    ],
    [
      'what is not measured yet',
      [
        { type: 'Resource', resource: { name: 'memory', target: { averageValue: '1Gi' } } },
        { type: 'ContainerResource', containerResource: { name: 'cpu', target: { averageUtilization: 5 } } },
      ],
      [],
      'memory: <unknown>/1Gi, cpu: <unknown>/5%',
    ],
    [
      'more than there is room for',
      [
        { type: 'Pods', pods: { target: { averageValue: '5' } } },
        { type: 'Object', object: { target: { value: '7' } } },
        { type: 'External', external: { target: { averageValue: '1' } } },
      ],
      [{ pods: { current: { averageValue: '3' } } }, { object: { current: { value: '6' } } }],
      '3/5, 6/7 + 1 more...',
    ],
    [
      'an amount for each pod',
      [{ type: 'External', external: { target: { averageValue: '2' } } }],
      [{ external: { current: { averageValue: '1' } } }],
      '1/2 (avg)',
    ],
  ])('horizontal pod autoscalers tells of %s', (_of, metrics, currentMetrics, targets) => {
    const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 9, metrics };
    expect(
      cellsOf('horizontalpodautoscalers.autoscaling', { spec, status: { currentReplicas: 2, currentMetrics } }),
    ).toEqual(['x', 'Deployment/web', targets, '1', 9, 2, '60m']);
  });
});
