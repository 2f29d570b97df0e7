import type { NodeCondition, NodeStatus } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { Pressure } from '../../eviction/decide/pressure';
import type { NodeImage } from '../../images/domain/node-images';
import { goArchitecture } from '../../runtime/pause/pause-image';
import type { EngineFacts } from '../../runtime/runtime';
import { withOthersCapacity, type MachineSize, type NodeResources } from '../domain/node-resources';

/** What this machine is, read by the edge. */
export interface MachineFacts extends MachineSize {
  readonly hostname: string;
  /** Its addresses, the primary one first. */
  readonly ips: readonly string[];
  readonly kernel: string;
  readonly osImage: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly machineID: string;
  readonly bootID: string;
  readonly systemUUID: string;
  /** Whether the kernel confines by AppArmor. */
  readonly appArmor: boolean;
}

/** How the node fares now. */
export interface NodePulse {
  readonly pressures: ReadonlySet<Pressure>;
  /** Undefined while the engine answers. */
  readonly engineDown: string | undefined;
  readonly isShuttingDown?: boolean;
  /** Undefined while they are not known: what was told of them stands. */
  readonly images?: NodeImage[] | undefined;
}

export const KUBELET_VERSION = 'v1.32.0+shiplog';

/** The labels that every node has. */
export function renderLabels(
  name: string,
  { architecture }: MachineFacts,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...extra,
  };
}

/** `zone=a,disk=ssd` as a map. */
export function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]),
  );
}

/** The part of the Node's status that is the kubelet's; `now` is RFC 3339. */
export function renderNodeStatus(
  machine: MachineFacts,
  engine: EngineFacts | undefined,
  pulse: NodePulse,
  resources: NodeResources,
  before: NodeStatus | undefined,
  now: string,
): NodeStatus {
  const { capacity, allocatable } = withOthersCapacity(resources, before?.capacity);
  return {
    addresses: [
      ...machine.ips.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: machine.hostname },
    ],
    capacity: { ...capacity },
    allocatable: { ...allocatable },
    ...(pulse.images === undefined ? {} : { images: pulse.images }),
    conditions: renderConditions(pulse, before?.conditions ?? [], now),
    nodeInfo: {
      // The engine's machine, where that is another one, is what pods run on.
      architecture: goArchitecture(engine?.architecture || machine.architecture),
      bootID: machine.bootID,
      containerRuntimeVersion:
        engine === undefined ? (before?.nodeInfo?.containerRuntimeVersion ?? '') : `${engine.name}://${engine.version}`,
      kernelVersion: engine?.kernel || machine.kernel,
      kubeProxyVersion: KUBELET_VERSION,
      kubeletVersion: KUBELET_VERSION,
      machineID: machine.machineID,
      operatingSystem: 'linux',
      osImage: engine?.osImage || machine.osImage,
      systemUUID: machine.systemUUID,
    },
  };
}

function renderConditions(pulse: NodePulse, before: readonly NodeCondition[], now: string): NodeCondition[] {
  const memory = pulse.pressures.has('memory');
  const disk = pulse.pressures.has('disk');
  const judged: Omit<NodeCondition, 'lastTransitionTime' | 'lastHeartbeatTime'>[] = [
    memory
      ? {
          type: 'MemoryPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientMemory',
          message: 'kubelet has insufficient memory available',
        }
      : {
          type: 'MemoryPressure',
          status: 'False',
          reason: 'KubeletHasSufficientMemory',
          message: 'kubelet has sufficient memory available',
        },
    disk
      ? { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
      : {
          type: 'DiskPressure',
          status: 'False',
          reason: 'KubeletHasNoDiskPressure',
          message: 'kubelet has no disk pressure',
        },
    pulse.pressures.has('pid')
      ? {
          type: 'PIDPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientPID',
          message: 'kubelet has insufficient PID available',
        }
      : {
          type: 'PIDPressure',
          status: 'False',
          reason: 'KubeletHasSufficientPID',
          message: 'kubelet has sufficient PID available',
        },
    renderReady(pulse),
  ];
  return judged.map((condition) => {
    const known = before.find((item) => item.type === condition.type);
    const same =
      known !== undefined &&
      known.status === condition.status &&
      known.reason === condition.reason &&
      known.message === condition.message;
    // Heartbeats are signals: the condition's times move with the condition alone, so a quiet node writes nothing.
    if (same) return known;
    const lastTransitionTime = known?.status === condition.status ? (known.lastTransitionTime ?? now) : now;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
  });
}

/** All that keeps a node from being ready is told, as Kubernetes joins it. */
function renderReady({ engineDown, isShuttingDown = false }: NodePulse) {
  const reasons = [
    ...(engineDown === undefined ? [] : [`container runtime is down: ${engineDown}`]),
    ...(isShuttingDown ? ['node is shutting down'] : []),
  ];
  return reasons.length === 0
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: reasons.join(', ') };
}

/** The fields of `wanted` that the Node has differently, as a patch; undefined when there are none. */
export function statusPatch(wanted: NodeStatus, before: NodeStatus | undefined): object | undefined {
  const have = (before ?? {}) as Record<string, unknown>;
  const differing = Object.entries(wanted).filter(([field, value]) =>
    field === 'conditions'
      ? !holdsConditions(wanted.conditions ?? [], before?.conditions ?? [])
      : !sameJson(have[field], value),
  );
  if (differing.length === 0) return undefined;
  const patch = Object.fromEntries(differing);
  if (patch['allocatable'] === undefined) return patch;
  return { ...patch, allocatable: { ...absent(before?.allocatable), ...wanted.allocatable } };
}

/** A patch that takes every key away. */
function absent(amounts: Readonly<Record<string, string>> = {}): Record<string, null> {
  return Object.fromEntries(Object.keys(amounts).map((key) => [key, null]));
}

/** Others' conditions are none of the kubelet's business. */
function holdsConditions(wanted: readonly NodeCondition[], have: readonly NodeCondition[]): boolean {
  return wanted.every((item) =>
    sameJson(
      item,
      have.find((other) => other.type === item.type),
    ),
  );
}
