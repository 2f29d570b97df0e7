import type { AnyCommand, KubeObject } from '@shiplog/contracts';
import type { Random } from '../world/random';
import type { WorkloadKind } from './workload-kinds';

const NAMESPACE = 'default';
/** Few names, so that clients meet. */
const NAMES = ['w1', 'w2'];

/** What users do with what makes pods for them: ask for it, for more or fewer, for others; and take it, or its pods, away. */
export function drawWorkloadCommand(random: Random, kind: WorkloadKind): Pick<AnyCommand, 'type' | 'data'> {
  const name = random.pick(NAMES);
  const key = { resource: kind.resource, namespace: NAMESPACE, name };
  const labels = { app: `${kind.resource}-${name}` };
  switch (random.whole(0, kind.keepsPods === true ? 7 : 9)) {
    case 0:
    case 1:
    case 2:
      return { type: 'CreateObject', data: { ...key, object: workload(random, kind, name, labels) } };
    case 3:
    case 4:
    case 5:
    case 6:
      return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { spec: kind.changed(random) } } };
    case 7: {
      const propagationPolicy = random.pick(['Background', 'Foreground', 'Orphan'] as const);
      return { type: 'DeleteObject', data: { ...key, propagationPolicy } };
    }
    default: {
      const labelSelector = `app=${labels.app}`;
      return { type: 'DeleteCollection', data: { resource: 'pods', namespace: NAMESPACE, labelSelector } };
    }
  }
}

function workload(
  random: Random,
  { kind, apiVersion, asked, pod }: WorkloadKind,
  name: string,
  labels: Readonly<Record<string, string>>,
): KubeObject {
  const spec = {
    // No api is there that would give them a token.
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image: 'busybox' }],
    terminationGracePeriodSeconds: 1,
    ...pod,
  };
  const template = { metadata: { labels }, spec };
  return { apiVersion, kind, metadata: { name }, spec: { ...asked(random, labels), template } } as KubeObject;
}
