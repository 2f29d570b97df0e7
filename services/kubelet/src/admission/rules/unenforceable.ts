import type { AdmissionRefusal } from '@shiplog/scheduling';
import type { Pod } from '../../domain/pod';
import { sysctlRefusal } from './sysctls';

/** What a node can do for the safety of pods. */
export interface Enforcement {
  /** Whether the kernel confines by AppArmor. */
  readonly appArmor: boolean;
  /** Sysctls that pods may set besides the safe ones: names, or beginnings of names before a `*`. */
  readonly sysctls: readonly string[];
}

/**
 * Why a pod that asks to be confined in a way that this node can't is not run at all: it would run otherwise than it says. Reasons
 * and messages are those of the kubelet's admit handlers.
 */
export function unenforceable(pod: Pod, { appArmor, sysctls }: Enforcement): AdmissionRefusal | undefined {
  const { os, securityContext } = pod.spec ?? {};
  if (os !== undefined && os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  if (securityContext?.supplementalGroupsPolicy === 'Strict')
    return {
      reason: 'SupplementalGroupsPolicyNotSupported',
      message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
    };
  if (!appArmor && asksForAppArmor(pod))
    return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  return sysctlRefusal(pod, sysctls);
}

function asksForAppArmor({ spec }: Pod): boolean {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  const all = [spec, ...containers, ...initContainers, ...ephemeralContainers];
  return all.some((item) => (item?.securityContext?.appArmorProfile?.type ?? 'Unconfined') !== 'Unconfined');
}
