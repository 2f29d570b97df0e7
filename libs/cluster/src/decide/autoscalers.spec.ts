import type { HorizontalPodAutoscaler } from '@shiplog/contracts';
import { Catalog, fromStored } from '@shiplog/apimachinery';
import { cluster } from './testing/given';

const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling';
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

it('an autoscaler that is written in the older version is stored in the newer', () => {
  const at = cluster().given({
    type: 'CreateObject',
    data: {
      resource: AUTOSCALERS,
      namespace: 'default',
      apiVersion: 'autoscaling/v1',
      object: {
        apiVersion: 'autoscaling/v1',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 60 },
      },
    },
  });
  const targets = () => {
    const { spec } = at.get(AUTOSCALERS, 'default', 'web') as unknown as HorizontalPodAutoscaler;
    return spec?.metrics?.map(({ resource }) => resource?.target.averageUtilization);
  };
  expect(targets()).toEqual([60]);
  const patch = { spec: { targetCPUUtilizationPercentage: 70 } };
  const key = { resource: AUTOSCALERS, namespace: 'default', name: 'web' };
  at.given({ type: 'PatchObject', data: { ...key, apiVersion: 'autoscaling/v1', patchType: 'strategic', patch } });
  expect(targets()).toEqual([70]);
});

it('an autoscaler that is written back in the older version as it is there is not changed by that', () => {
  const key = { resource: AUTOSCALERS, namespace: 'default', name: 'web' };
  const apiVersion = 'autoscaling/v1';
  const written = { apiVersion, kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' } };
  const at = cluster().given({
    type: 'CreateObject',
    data: { ...key, apiVersion, object: { ...written, spec: { scaleTargetRef, maxReplicas: 5 } } },
  });
  const status = { conditions: [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale' }] };
  const actor = 'system:shiplog:controller';
  at.given({
    type: 'PatchObject',
    actor,
    data: { ...key, subresource: 'status', patchType: 'merge', patch: { status } },
  });
  const older = Catalog.builtIn.get(AUTOSCALERS)!.versions.find(({ version }) => version === 'v1')!;
  const { fieldOwners: _, ...metadata } = at.get(AUTOSCALERS, 'default', 'web')!.metadata;
  const object = fromStored(older, { ...at.get(AUTOSCALERS, 'default', 'web')!, metadata });
  expect(at.when({ type: 'ReplaceObject', data: { ...key, apiVersion, object } }).events).toEqual([]);
});
