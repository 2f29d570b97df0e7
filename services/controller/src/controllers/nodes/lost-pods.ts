import { statusPatchOf, type StoredPod } from '@shiplog/kube';
import type { Now, ReconcileResult } from '../../runtime/domain/controller';
import { isPodFinished, isPodReady } from '../../domain/pods';

/** Pods of a node that nobody hears of take no traffic: nobody would say when they stop. Their node's kubelet, back again, says how they are. */
export function decideLostPods(pods: readonly StoredPod[], now: Now): ReconcileResult {
  const commands = pods
    .filter((pod) => isPodReady(pod) && !isPodFinished(pod))
    .map((pod) =>
      statusPatchOf('pods', pod, { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: now.time }] }),
    );
  return { commands };
}
