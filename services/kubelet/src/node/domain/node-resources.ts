import { formatQuantity } from '@shiplog/apimachinery';
import { amountOf, type Quotas, type Signal } from '../../eviction/domain/thresholds';
import type { Reservation, ReservedResource } from './reservation';

/** What a machine has. */
export interface MachineSize {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
  /** Processes and threads. */
  readonly pids: number;
}

/** How a node's part of its machine is found. */
export interface Sharing {
  readonly maxPods: number;
  /** Nodes that share the machine: each has an equal part of it. */
  readonly nodesOnMachine: number;
  readonly reserved: readonly Reservation[];
  readonly evictionHard: Quotas;
}

/** What a node has, and what of it is for pods. */
export interface NodeResources {
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  /**
   * What all pods together can't get beyond. As in Kubernetes it is more than is allocatable, by what eviction keeps free: a node
   * that runs short ends a pod of its choice before the kernel ends one of its own.
   */
  readonly enforced: { readonly cpuMilli: number; readonly memoryBytes: number; readonly pids: number };
}

/** What eviction keeps free of a resource. */
const KEPT_FREE: Partial<Record<ReservedResource, Signal>> = {
  memory: 'memory.available',
  'ephemeral-storage': 'nodefs.available',
};

/**
 * What a node has for pods: its part of the machine, without what is reserved and what eviction keeps free (GetNodeAllocatable in
 * pkg/kubelet/cm/node_container_manager_linux.go). Throws where nothing of a resource would be left.
 */
export function nodeResources(size: MachineSize, sharing: Sharing): NodeResources {
  const { maxPods, nodesOnMachine, evictionHard } = sharing;
  const { cpus, memoryBytes, storageBytes, pids } = size;
  const whole = { cpu: cpus * 1_000, memory: memoryBytes, 'ephemeral-storage': storageBytes, pid: pids };
  const forPods = (resource: ReservedResource): number => {
    const part = Math.floor(whole[resource] / nodesOnMachine);
    const rest = part - reservedOf(resource, sharing);
    if (rest <= 0) throw new Error(`of ${resource} more is reserved than the ${part} that this node has`);
    return rest;
  };
  const allocatable = (resource: 'memory' | 'ephemeral-storage'): number => {
    const signal = KEPT_FREE[resource];
    const quota = signal === undefined ? undefined : evictionHard.get(signal);
    const part = Math.floor(whole[resource] / nodesOnMachine);
    return Math.max(0, forPods(resource) - (quota === undefined ? 0 : amountOf(quota, part)));
  };
  return {
    capacity: render(maxPods, whole.cpu, whole.memory, whole['ephemeral-storage']),
    allocatable: render(maxPods, forPods('cpu'), allocatable('memory'), allocatable('ephemeral-storage')),
    enforced: { cpuMilli: forPods('cpu'), memoryBytes: forPods('memory'), pids: forPods('pid') },
  };
}

/**
 * The amounts of a Node with what others say the machine has besides: what a user adds to a node's capacity is for pods, too, for as
 * long as it stands there (MachineInfo in pkg/kubelet/nodestatus/setters.go).
 */
export function withOthersCapacity(
  { capacity, allocatable }: Pick<NodeResources, 'capacity' | 'allocatable'>,
  told: Readonly<Record<string, string>> = {},
): Pick<NodeResources, 'capacity' | 'allocatable'> {
  const others = Object.fromEntries(Object.entries(told).filter(([resource]) => !(resource in capacity)));
  return { capacity: { ...others, ...capacity }, allocatable: { ...others, ...allocatable } };
}

/** CPU in thousandths, as it is counted here; all else whole. */
function reservedOf(resource: ReservedResource, { reserved }: Sharing): number {
  const milli = reserved.reduce((sum, reservation) => sum + (reservation.get(resource) ?? 0n), 0n);
  return Number(resource === 'cpu' ? milli : milli / 1_000n);
}

function render(pods: number, cpuMilli: number, memory: number, storage: number): Record<string, string> {
  return {
    cpu: formatQuantity(BigInt(cpuMilli)),
    'ephemeral-storage': `${Math.floor(storage / 1_024)}Ki`,
    memory: `${Math.floor(memory / 1_024)}Ki`,
    pods: String(pods),
  };
}
