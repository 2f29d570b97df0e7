import type { KubeObject, ReplicationController, Scale, StoredObject } from '@shiplog/contracts';
import { ok, Problems, refused, type Result, statusOf } from '@shiplog/apimachinery';

/** The autoscaling/v1 Scale view of a replication controller: what its `scale` subresource reads. */
export function scaleOf(rc: ReplicationController): Scale & KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = rc.metadata;
  const selector = Object.entries(rc.spec?.selector ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: rc.spec?.replicas ?? 0 },
    status: { replicas: rc.status?.replicas ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

/** The replication controller with the number of replicas that a Scale asks for. */
export function withScale(before: StoredObject, scale: KubeObject): Result<KubeObject> {
  const replicas = (scale as Scale).spec?.replicas ?? 0;
  if (replicas < 0) {
    const problems = new Problems();
    problems.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    const row = { group: 'autoscaling', plural: 'scales', kind: 'Scale' };
    return refused(statusOf.invalid(row, before.metadata.name, problems.causes));
  }
  const rc = before as StoredObject & ReplicationController;
  if (rc.spec?.replicas === replicas) return ok(before);
  const generation = (before.metadata.generation ?? 0) + 1;
  return ok({ ...before, metadata: { ...before.metadata, generation }, spec: { ...rc.spec, replicas } });
}
