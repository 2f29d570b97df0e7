import type { KubeObject, ResourceVersion, Scale, ScalePaths, StoredObject } from '@shiplog/contracts';
import {
  fieldAt,
  formatSelector,
  isJsonObject,
  ok,
  Problems,
  refused,
  type Result,
  statusOf,
  withFieldAt,
} from '@shiplog/apimachinery';

const USUAL: ScalePaths = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };

/** Where a version has the numbers of its Scale. */
export function scalePathsOf({ scale = USUAL }: ResourceVersion): ScalePaths {
  return scale;
}

/** The autoscaling/v1 Scale view of an object, in the version that it is in: what its `scale` subresource reads. */
export function scaleOf({ scale = USUAL }: ResourceVersion, object: KubeObject): Scale & KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const numberAt = (path: string): number => {
    const value = fieldAt(object, path);
    return typeof value === 'number' ? value : 0;
  };
  const selector = selectorOf(object, scale);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(scale.specReplicasPath) },
    status: { replicas: numberAt(scale.statusReplicasPath), ...(selector === '' ? {} : { selector }) },
  };
}

/** In the text that clients of Scale list pods by. */
function selectorOf(object: KubeObject, { labelSelectorPath }: ScalePaths): string {
  const selector = fieldAt(object, labelSelectorPath ?? '.spec.selector');
  if (typeof selector === 'string') return selector;
  return isJsonObject(selector) ? formatSelector(selector) : '';
}

/** The object with the number of replicas that a Scale asks for. */
export function withScale(
  { scale: paths = USUAL }: ResourceVersion,
  before: StoredObject,
  scale: KubeObject,
): Result<KubeObject> {
  const replicas = (scale as Scale).spec?.replicas ?? 0;
  if (replicas < 0) {
    const problems = new Problems();
    problems.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    const row = { group: 'autoscaling', plural: 'scales', kind: 'Scale' };
    return refused(statusOf.invalid(row, before.metadata.name, problems.causes));
  }
  if (fieldAt(before, paths.specReplicasPath) === replicas) return ok(before);
  const generation = (before.metadata.generation ?? 0) + 1;
  const counted = { ...before, metadata: { ...before.metadata, generation } };
  return ok(withFieldAt(counted, paths.specReplicasPath, replicas));
}
