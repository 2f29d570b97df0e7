import type { PodSpec, Toleration } from '@shiplog/contracts';
import { onPod } from './of-pods';
import type { AdmissionPlugin } from './plugin';

const EVICTION_DELAY_SECONDS = 300;
const AWAITED_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** A lost node is forgiven for five minutes. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  resources: ['pods'],
  admit: (request) =>
    onPod(request, (_pod, spec) => {
      tolerateLostNodes(spec);
      return undefined;
    }),
};

function tolerateLostNodes(spec: PodSpec): void {
  const given = spec.tolerations ?? [];
  const missing = AWAITED_TAINTS.filter((key) => !given.some((toleration) => toleratesEviction(toleration, key)));
  if (missing.length === 0) return;
  spec.tolerations = [
    ...given,
    ...missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: EVICTION_DELAY_SECONDS,
    })),
  ];
}

function toleratesEviction(toleration: Toleration, key: string): boolean {
  return (
    (toleration.key === undefined || toleration.key === key) &&
    (toleration.effect === undefined || toleration.effect === 'NoExecute')
  );
}
