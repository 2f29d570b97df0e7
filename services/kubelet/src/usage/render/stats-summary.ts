import { kubernetesTime } from '@shiplog/kube';
import type { PodUsage, Usage } from '../domain/usage';

/** A file system, in bytes and numbers of files. */
export interface FileSystem {
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly usedBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

export interface NodeStats {
  readonly name: string;
  /** When the machine was started, epoch milliseconds. */
  readonly bootedAt: number;
  readonly memoryBytes: number;
  readonly usage: Usage | undefined;
  /** Where the kubelet keeps the pods' files. */
  readonly fileSystem: FileSystem;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The page `/stats/summary` as kubelets have it (Summary in k8s.io/kubelet/pkg/apis/stats/v1alpha1), as far as it is measured here. */
export function renderSummary(node: NodeStats, pods: readonly PodUsage[]): object {
  const time = kubernetesTime(node.now);
  const { inodes, inodesFree } = node.fileSystem;
  return {
    node: {
      nodeName: node.name,
      startTime: kubernetesTime(node.bootedAt),
      ...(node.usage === undefined ? {} : renderStats(node.usage, node.memoryBytes)),
      fs: { time, ...node.fileSystem, inodesUsed: inodes - inodesFree },
    },
    pods: pods.map(renderPod),
  };
}

function renderPod(usage: PodUsage): object {
  const { pod, containers, processes } = usage;
  const startTimes = containers.map(({ startedAt }) => Date.parse(startedAt));
  return {
    podRef: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
    ...(startTimes.length === 0 ? {} : { startTime: kubernetesTime(Math.min(...startTimes)) }),
    containers: containers.map((item) => ({
      name: item.name,
      startTime: kubernetesTime(item.startedAt),
      ...renderStats(item),
    })),
    ...renderStats(usage),
    ...(processes === undefined ? {} : { process_stats: { process_count: processes } }),
  };
}

function renderStats({ time: at, cpuRate, cpuNanoseconds, memory }: Usage, limitBytes?: number): object {
  const time = kubernetesTime(at);
  const available =
    limitBytes === undefined ? {} : { availableBytes: Math.max(0, limitBytes - memory.workingSetBytes) };
  return {
    cpu: {
      time,
      ...(cpuRate === undefined ? {} : { usageNanoCores: cpuRate.nanoCores }),
      usageCoreNanoSeconds: cpuNanoseconds,
    },
    memory: { time, ...available, ...memory },
  };
}
