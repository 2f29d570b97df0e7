import { qosClassOf } from '@shiplog/admission';
import { tolerated } from '@shiplog/kube';
import type { AdmissionRefusal } from '@shiplog/scheduling';
import { isCritical, type Pod } from '../../domain/pod';
import type { Pressure } from '../../eviction/decide/pressure';

const CONDITIONS = { memory: 'MemoryPressure', disk: 'DiskPressure', pid: 'PIDPressure' } as const;
const MEMORY_TAINT = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };

/**
 * Why a node under pressure takes no other pod (Admit of pkg/kubelet/eviction/eviction_manager.go): short of memory alone it takes what
 * has asked for some, or tolerates that.
 */
export function refusedUnderPressure(pod: Pod, pressures: ReadonlySet<Pressure>): AdmissionRefusal | undefined {
  if (pressures.size === 0 || isCritical(pod)) return undefined;
  if (pressures.size === 1 && pressures.has('memory')) {
    if (qosClassOf(pod.spec ?? { containers: [] }) !== 'BestEffort') return undefined;
    if (tolerated(pod.spec?.tolerations, MEMORY_TAINT)) return undefined;
  }
  const conditions = [...pressures].map((pressure) => CONDITIONS[pressure]);
  return { reason: 'Evicted', message: `The node had condition: [${conditions.join(' ')}]. ` };
}
