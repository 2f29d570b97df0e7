import { parseIpPair, parseNetwork } from '@shiplog/apimachinery';
import { choice, duration, flag, integer, parsed, text, type CommonConfig, type ConfigOf } from '@shiplog/service';
import { hostname } from 'node:os';
import { parseGracePeriods, parseReclaims, parseThresholds } from './eviction/domain/thresholds';
import { parseCapacity, parseReservation } from './node/domain/reservation';
import { parseLifecycles } from './runtime/hollow/domain/lifecycle';

/** `key=value,key=value` as node labels are given. */
const LABELS = /^([^=,]+=[^=,]*)(,[^=,]+=[^=,]*)*$/;

/** What a hollow node has that nobody says. */
const HOLLOW_CAPACITY = 'cpu=8,memory=32Gi,ephemeral-storage=100Gi';

/** The kubelet's own settings; NATS_URL, LOG_LEVEL and INSTANCE are every service's. */
export const kubeletSettings = {
  nodeName: text({
    env: 'NODE_NAME',
    description: 'Name of the Node object of this machine.',
    default: hostname().toLowerCase(),
    pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    example: 'minion-1',
  }),
  nodeIPs: parsed({
    env: 'NODE_IP',
    description:
      "This node's address, or one of IPv4 and one of IPv6 with a comma between; that of the default route's interface if not given.",
    default: '',
    read: (text): readonly string[] | Error => (text === '' ? [] : parseIpPair(text)),
  }),
  containerRuntime: choice({
    env: 'CONTAINER_RUNTIME',
    description:
      'What runs the containers: Docker Engine, containerd by the Container Runtime Interface, or nothing: those of a hollow node live as data says.',
    of: ['docker', 'containerd', 'hollow'],
    default: 'docker',
  }),
  runtimeEndpoint: text({
    env: 'CONTAINER_RUNTIME_ENDPOINT',
    description: 'Where the runtime listens, for CONTAINER_RUNTIME=containerd.',
    default: 'unix:///run/containerd/containerd.sock',
    pattern: /^unix:\/\/\/\S+$/,
    example: 'unix:///run/containerd/containerd.sock',
  }),
  hollowCapacity: parsed({
    env: 'HOLLOW_CAPACITY',
    description:
      'What a hollow node has, for CONTAINER_RUNTIME=hollow; of what is not named (cpu, memory, ephemeral-storage) as by default.',
    default: HOLLOW_CAPACITY,
    read: (text) => parseCapacity(text, HOLLOW_CAPACITY),
  }),
  hollowPodRange: parsed({
    env: 'HOLLOW_POD_CIDR',
    description: 'Where pods of a hollow node have their addresses; no packet reaches them.',
    default: '100.64.0.0/24',
    read: (text) => parseNetwork(text) ?? new Error(`is "${text}", which is no network such as 100.64.0.0/24`),
  }),
  hollowLifecycles: parsed({
    env: 'HOLLOW_LIFECYCLES',
    description:
      'What becomes of containers of a hollow node, by their images, as JSON: [{"image": "crash*", "run": "1s..5s", "exitCode": 1}].',
    default: '[]',
    read: parseLifecycles,
  }),
  podLogsDir: text({
    env: 'POD_LOGS_DIR',
    description: "Directory that containerd writes the pods' logs to; Docker keeps them itself.",
    default: '/var/log/pods',
    pattern: /^\//,
    example: '/var/log/pods',
  }),
  dockerHost: text({
    env: 'DOCKER_HOST',
    description: 'Where Docker Engine listens, for CONTAINER_RUNTIME=docker.',
    default: 'unix:///var/run/docker.sock',
    pattern: /^(unix:\/\/\/\S+|tcp:\/\/\S+:\d+)$/,
    example: 'unix:///var/run/docker.sock or tcp://host:2375',
  }),
  stateDir: text({
    env: 'STATE_DIR',
    description: "Directory for pods' volumes and files; the engine must see it under the same path.",
    default: '/var/lib/shiplog/kubelet',
    pattern: /^\//,
    example: '/var/lib/shiplog/kubelet',
  }),
  podNetwork: choice({
    env: 'POD_NETWORK',
    description: "Who connects pods: the node's network agent, or the engine (no root needed, this node only).",
    of: ['agent', 'docker'],
    default: 'agent',
  }),
  dockerNetwork: text({
    env: 'POD_DOCKER_NETWORK',
    description: "Docker Engine's network for POD_NETWORK=docker; containerd has but its own (CNI).",
    default: 'bridge',
  }),
  maxParallelStarts: integer({
    env: 'MAX_PARALLEL_STARTS',
    description: 'Pods started at the same time.',
    default: 4,
    min: 1,
    max: 100,
  }),
  clusterDns: text({
    env: 'CLUSTER_DNS',
    description: "Addresses of the cluster's DNS, with commas between; none: pods look names up as their node does.",
    default: '',
    pattern: /^([0-9a-fA-F.:]+(,[0-9a-fA-F.:]+)*)?$/,
    example: '10.96.0.10',
  }),
  clusterDomain: text({
    env: 'CLUSTER_DOMAIN',
    description: "Domain of the cluster's names.",
    default: 'cluster.local',
    pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    example: 'cluster.local',
  }),
  resolvConf: text({
    env: 'RESOLV_CONF',
    description:
      'File with the name servers of this node, for pods that use them. Where it names a resolver on the loopback alone, the servers that systemd-resolved asks are taken.',
    default: '/etc/resolv.conf',
    pattern: /^\//,
    example: '/etc/resolv.conf',
  }),
  cgroupParent: text({
    env: 'CGROUP_PARENT',
    description: "Cgroup under which the pods' cgroups are made.",
    default: '/shiplog',
    pattern: /^\/?[\w.-]+(\/[\w.-]+)*$/,
    example: '/shiplog',
  }),
  heartbeatInterval: duration({
    env: 'HEARTBEAT_INTERVAL',
    description: 'How often this node says that it lives.',
    default: '5s',
    minMs: 100,
  }),
  engineGrace: duration({
    env: 'ENGINE_GRACE',
    description: 'How long the container engine may be away before this node counts as not ready.',
    default: '30s',
    minMs: 0,
  }),
  referenceResync: duration({
    env: 'REFERENCE_RESYNC_INTERVAL',
    description:
      "How often the Secrets and ConfigMaps of this node's pods are asked for anew, should a notice be lost.",
    default: '60s',
    minMs: 100,
  }),
  volumeSync: duration({
    env: 'VOLUME_SYNC_INTERVAL',
    description: "How often it is seen to that files in pods' volumes are as their objects say.",
    default: '30s',
    minMs: 100,
  }),
  volumeUsage: duration({
    env: 'VOLUME_USAGE_INTERVAL',
    description: 'How often volumes and pods are measured that may take only so much of the disk.',
    default: '10s',
    minMs: 100,
  }),
  usageInterval: duration({
    env: 'USAGE_INTERVAL',
    description:
      'How often the processor time of containers is looked at: what they use is a rate of this time at least.',
    default: '15s',
    minMs: 1_000,
  }),
  nodeLabels: text({
    env: 'NODE_LABELS',
    description: 'More labels for the Node object.',
    default: '',
    pattern: LABELS,
    example: 'zone=a,disk=ssd',
  }),
  maxPods: integer({ env: 'MAX_PODS', description: 'Pods that this node takes.', default: 110, min: 1, max: 10_000 }),
  nodesOnMachine: integer({
    env: 'NODES_ON_MACHINE',
    description: 'Nodes that share this machine: each has an equal part of it for its pods.',
    default: 1,
    min: 1,
    max: 100,
  }),
  kubeReserved: parsed({
    env: 'KUBE_RESERVED',
    description: "What of this node is for the cluster's own programs (cpu, memory, ephemeral-storage, pid).",
    default: 'none',
    read: parseReservation,
  }),
  systemReserved: parsed({
    env: 'SYSTEM_RESERVED',
    description: "What of this node is for the machine's own programs (cpu, memory, ephemeral-storage, pid).",
    default: 'none',
    read: parseReservation,
  }),
  enforceNodeAllocatable: flag({
    env: 'ENFORCE_NODE_ALLOCATABLE',
    description: 'Whether the cgroup of all pods has what is for pods as its limit.',
    default: true,
  }),
  evictionHard: parsed({
    env: 'EVICTION_HARD',
    description: 'Below what pods are evicted at once; none: never.',
    default:
      'memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%,imagefs.inodesFree<5%',
    read: parseThresholds,
  }),
  evictionSoft: parsed({
    env: 'EVICTION_SOFT',
    description: 'Below what pods are evicted when it lasts for its EVICTION_SOFT_GRACE_PERIOD.',
    default: 'none',
    read: parseThresholds,
  }),
  evictionSoftGracePeriod: parsed({
    env: 'EVICTION_SOFT_GRACE_PERIOD',
    description: 'How long each soft threshold may be crossed (memory.available=1m30s).',
    default: 'none',
    read: parseGracePeriods,
  }),
  evictionMaxPodGracePeriod: integer({
    env: 'EVICTION_MAX_POD_GRACE_PERIOD',
    description: 'Seconds that a pod has for its end at most when a soft threshold is crossed.',
    default: 0,
  }),
  evictionMinimumReclaim: parsed({
    env: 'EVICTION_MINIMUM_RECLAIM',
    description:
      'How much more than a threshold has to be free before nothing is evicted any more (nodefs.available=500Mi).',
    default: 'none',
    read: parseReclaims,
  }),
  evictionPressureTransitionPeriod: duration({
    env: 'EVICTION_PRESSURE_TRANSITION_PERIOD',
    description: 'How long a node stays under pressure after it was felt last.',
    default: '5m',
    minMs: 0,
  }),
  evictionInterval: duration({
    env: 'EVICTION_INTERVAL',
    description: 'How often it is looked whether this node runs short of something.',
    default: '10s',
    minMs: 100,
  }),
  shutdownGracePeriod: duration({
    env: 'SHUTDOWN_GRACE_PERIOD',
    description: 'How long this machine waits for its pods to end when it goes down (systemd-logind); 0s: not at all.',
    default: '0s',
    minMs: 0,
  }),
  shutdownGracePeriodCriticalPods: duration({
    env: 'SHUTDOWN_GRACE_PERIOD_CRITICAL_PODS',
    description: 'What of SHUTDOWN_GRACE_PERIOD is left to critical pods, which end after all others.',
    default: '0s',
    minMs: 0,
  }),
  systemBus: text({
    env: 'DBUS_SYSTEM_BUS_ADDRESS',
    description: "The message bus of this machine's systemd-logind; none: where systemd has it.",
    default: '',
    example: 'unix:path=/run/dbus/system_bus_socket',
  }),
  allowedUnsafeSysctls: text({
    env: 'ALLOWED_UNSAFE_SYSCTLS',
    description: 'Sysctls that pods may set besides the safe ones; a * at the end stands for any rest.',
    default: '',
    pattern: /^$|^[\w.-]+\*?(,[\w.-]+\*?)*$/,
    example: 'kernel.msg*,net.core.somaxconn',
  }),
  imageDir: text({
    env: 'IMAGE_DIR',
    description:
      'Folder with archives of images (docker save, OCI; .tar, .tar.gz, .tgz), which are loaded before pods need them; none: no archives.',
    default: '',
    pattern: /^(\/.*)?$/,
    example: '/var/lib/shiplog/images',
  }),
  imageGCHighThreshold: integer({
    env: 'IMAGE_GC_HIGH_THRESHOLD',
    description:
      'How full the disk of images may be, in percent, before those that nobody uses are removed; 100: never.',
    default: 85,
    min: 0,
    max: 100,
  }),
  imageGCLowThreshold: integer({
    env: 'IMAGE_GC_LOW_THRESHOLD',
    description: 'How full the disk of images may be once some were removed, in percent.',
    default: 80,
    min: 0,
    max: 100,
  }),
  staticPodPath: text({
    env: 'STATIC_POD_PATH',
    description:
      'Folder of manifests of pods that this node runs whatever the cluster says; none: there are no such pods.',
    default: '',
    pattern: /^(\/.*)?$/,
    example: '/etc/kubernetes/manifests',
  }),
  staticPodCheck: duration({
    env: 'STATIC_POD_CHECK_INTERVAL',
    description: 'How often the folder of static pods is looked at, should the kernel not tell of a change.',
    default: '20s',
    minMs: 100,
  }),
  podPidsLimit: integer({
    env: 'POD_PIDS_LIMIT',
    description: 'Processes that a pod may have; 0 for no limit.',
    default: 4_096,
  }),
};

export type KubeletConfig = ConfigOf<typeof kubeletSettings> & CommonConfig;
