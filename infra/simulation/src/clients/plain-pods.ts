import type { Command, KubeObject } from '@shiplog/contracts';
import type { Random } from '../world/random';

/** By which a budget knows the pods that users make without a controller. */
export const PLAIN = { app: 'plain' };

/** Makes a pod that nobody replaces. */
export function plainPod(
  random: Random,
  namespace: string,
  name: string,
): Pick<Command<'CreateObject'>, 'type' | 'data'> {
  const spec = {
    // No api is there that would give them a token.
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image: 'busybox' }],
    terminationGracePeriodSeconds: random.pick([0, 1, 2]),
  };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: PLAIN }, spec } as KubeObject;
  return { type: 'CreateObject', data: { resource: 'pods', namespace, object } };
}
