import { method } from '../grpc/client';
import * as w from '../grpc/message';

/**
 * Of the Container Runtime Interface, version v1 (k8s.io/cri-api, pkg/apis/runtime/v1), the calls and fields that this kubelet
 * uses. Numbers are the interface's own.
 */

const PodSandboxMetadata = new w.Message('PodSandboxMetadata', {
  name: w.string(1),
  uid: w.string(2),
  namespace: w.string(3),
  attempt: w.uint32(4),
});

/** Which namespace is meant: that of the pod, one of the container's own, the node's, that of another container. */
export const NAMESPACE = { pod: 0, container: 1, node: 2, target: 3 } as const;

const NamespaceOption = new w.Message('NamespaceOption', {
  network: w.enumeration(1),
  pid: w.enumeration(2),
  ipc: w.enumeration(3),
  targetId: w.string(4),
});

export const PROFILE = { runtimeDefault: 0, unconfined: 1, localhost: 2 } as const;

const SecurityProfile = new w.Message('SecurityProfile', { profileType: w.enumeration(1), localhostRef: w.string(2) });

const LinuxSandboxSecurityContext = new w.Message('LinuxSandboxSecurityContext', {
  namespaceOptions: w.nested(1, NamespaceOption),
  privileged: w.bool(6),
  seccomp: w.nested(9, SecurityProfile),
});

const LinuxPodSandboxConfig = new w.Message('LinuxPodSandboxConfig', {
  cgroupParent: w.string(1),
  securityContext: w.nested(2, LinuxSandboxSecurityContext),
  sysctls: w.stringMap(3),
});

export const PROTOCOL: Readonly<Record<string, number>> = { TCP: 0, UDP: 1, SCTP: 2 };

const PortMapping = new w.Message('PortMapping', {
  protocol: w.enumeration(1),
  containerPort: w.int32(2),
  hostPort: w.int32(3),
  hostIp: w.string(4),
});

const podSandboxConfig = {
  metadata: w.nested(1, PodSandboxMetadata),
  hostname: w.string(2),
  logDirectory: w.string(3),
  portMappings: w.list(w.nested(5, PortMapping)),
  labels: w.stringMap(6),
  annotations: w.stringMap(7),
  linux: w.nested(8, LinuxPodSandboxConfig),
};
const PodSandboxConfig = new w.Message('PodSandboxConfig', podSandboxConfig);
export type PodSandboxConfig = w.Sent<typeof podSandboxConfig>;

const ImageSpec = new w.Message('ImageSpec', { image: w.string(1) });
const KeyValue = new w.Message('KeyValue', { key: w.string(1), value: w.string(2) });

export const PROPAGATION = { private: 0, rslave: 1, rshared: 2 } as const;

const Mount = new w.Message('Mount', {
  containerPath: w.string(1),
  hostPath: w.string(2),
  readonly: w.bool(3),
  propagation: w.enumeration(5),
});

const LinuxContainerResources = new w.Message('LinuxContainerResources', {
  cpuPeriod: w.int64(1),
  cpuQuota: w.int64(2),
  cpuShares: w.int64(3),
  memoryLimitInBytes: w.int64(4),
  oomScoreAdj: w.int64(5),
});

const Int64Value = new w.Message('Int64Value', { value: w.int64(1) });
const Capability = new w.Message('Capability', {
  addCapabilities: w.list(w.string(1)),
  dropCapabilities: w.list(w.string(2)),
});

const linuxContainerSecurityContext = {
  capabilities: w.nested(1, Capability),
  privileged: w.bool(2),
  namespaceOptions: w.nested(3, NamespaceOption),
  runAsUser: w.nested(5, Int64Value),
  runAsUsername: w.string(6),
  readonlyRootfs: w.bool(7),
  supplementalGroups: w.list(w.int64(8)),
  noNewPrivs: w.bool(11),
  runAsGroup: w.nested(12, Int64Value),
  seccomp: w.nested(15, SecurityProfile),
  apparmor: w.nested(16, SecurityProfile),
};
const LinuxContainerSecurityContext = new w.Message('LinuxContainerSecurityContext', linuxContainerSecurityContext);
export type LinuxContainerSecurityContext = w.Sent<typeof linuxContainerSecurityContext>;

const LinuxContainerConfig = new w.Message('LinuxContainerConfig', {
  resources: w.nested(1, LinuxContainerResources),
  securityContext: w.nested(2, LinuxContainerSecurityContext),
});

const ContainerMetadata = new w.Message('ContainerMetadata', { name: w.string(1), attempt: w.uint32(2) });

const containerConfig = {
  metadata: w.nested(1, ContainerMetadata),
  image: w.nested(2, ImageSpec),
  command: w.list(w.string(3)),
  args: w.list(w.string(4)),
  workingDir: w.string(5),
  envs: w.list(w.nested(6, KeyValue)),
  mounts: w.list(w.nested(7, Mount)),
  labels: w.stringMap(9),
  annotations: w.stringMap(10),
  logPath: w.string(11),
  stdin: w.bool(12),
  stdinOnce: w.bool(13),
  tty: w.bool(14),
  linux: w.nested(15, LinuxContainerConfig),
};
const ContainerConfig = new w.Message('ContainerConfig', containerConfig);
export type ContainerConfig = w.Sent<typeof containerConfig>;

export const SANDBOX_READY = 0;

const SandboxNetworkStatus = new w.Message('PodSandboxNetworkStatus', { ip: w.string(1) });
const podSandboxStatus = {
  id: w.string(1),
  metadata: w.nested(2, PodSandboxMetadata),
  state: w.enumeration(3),
  createdAt: w.int64(4),
  network: w.nested(5, SandboxNetworkStatus),
  labels: w.stringMap(7),
  annotations: w.stringMap(8),
};
const PodSandboxStatus = new w.Message('PodSandboxStatus', podSandboxStatus);

const podSandbox = {
  id: w.string(1),
  metadata: w.nested(2, PodSandboxMetadata),
  state: w.enumeration(3),
  createdAt: w.int64(4),
  labels: w.stringMap(5),
};
const PodSandbox = new w.Message('PodSandbox', podSandbox);
export type PodSandbox = w.Read<typeof podSandbox>;

export const CONTAINER_STATE = { created: 0, running: 1, exited: 2, unknown: 3 } as const;

const Container = new w.Message('Container', {
  id: w.string(1),
  podSandboxId: w.string(2),
  imageRef: w.string(5),
  state: w.enumeration(6),
  labels: w.stringMap(8),
});

const containerStatus = {
  id: w.string(1),
  state: w.enumeration(3),
  createdAt: w.int64(4),
  startedAt: w.int64(5),
  finishedAt: w.int64(6),
  exitCode: w.int32(7),
  reason: w.string(10),
  message: w.string(11),
  labels: w.stringMap(12),
  annotations: w.stringMap(13),
  logPath: w.string(15),
};
const ContainerStatus = new w.Message('ContainerStatus', containerStatus);
export type ContainerStatus = w.Read<typeof containerStatus>;

const image = {
  id: w.string(1),
  repoTags: w.list(w.string(2)),
  repoDigests: w.list(w.string(3)),
  size: w.uint64(4),
  uid: w.nested(5, Int64Value),
  username: w.string(6),
  pinned: w.bool(8),
};
const Image = new w.Message('Image', image);

const Nothing = new w.Message('Nothing', {});
const SandboxId = new w.Message('SandboxId', { podSandboxId: w.string(1) });
const ContainerId = new w.Message('ContainerId', { containerId: w.string(1) });
const StreamUrl = new w.Message('StreamUrl', { url: w.string(1) });
const OneImage = new w.Message('OneImage', { image: w.nested(1, ImageSpec) });

function runtime<Q extends w.Fields, A extends w.Fields>(name: string, request: w.Message<Q>, answer: w.Message<A>) {
  return method(`/runtime.v1.RuntimeService/${name}`, request, answer);
}
function images<Q extends w.Fields, A extends w.Fields>(name: string, request: w.Message<Q>, answer: w.Message<A>) {
  return method(`/runtime.v1.ImageService/${name}`, request, answer);
}

const ContainerFilter = new w.Message('ContainerFilter', {
  id: w.string(1),
  podSandboxId: w.string(3),
  labelSelector: w.stringMap(4),
});
const PodSandboxFilter = new w.Message('PodSandboxFilter', { labelSelector: w.stringMap(3) });

const RuntimeCondition = new w.Message('RuntimeCondition', {
  type: w.string(1),
  status: w.bool(2),
  reason: w.string(3),
  message: w.string(4),
});
const RuntimeStatus = new w.Message('RuntimeStatus', { conditions: w.list(w.nested(1, RuntimeCondition)) });

export const VERSION = runtime(
  'Version',
  Nothing,
  new w.Message('VersionResponse', { runtimeName: w.string(2), runtimeVersion: w.string(3) }),
);
export const STATUS = runtime(
  'Status',
  new w.Message('StatusRequest', { verbose: w.bool(1) }),
  new w.Message('StatusResponse', { status: w.nested(1, RuntimeStatus), info: w.stringMap(2) }),
);
export const RUN_POD_SANDBOX = runtime(
  'RunPodSandbox',
  new w.Message('RunPodSandboxRequest', { config: w.nested(1, PodSandboxConfig), runtimeHandler: w.string(2) }),
  SandboxId,
);
export const STOP_POD_SANDBOX = runtime('StopPodSandbox', SandboxId, Nothing);
export const REMOVE_POD_SANDBOX = runtime('RemovePodSandbox', SandboxId, Nothing);
export const POD_SANDBOX_STATUS = runtime(
  'PodSandboxStatus',
  SandboxId,
  new w.Message('PodSandboxStatusResponse', { status: w.nested(1, PodSandboxStatus) }),
);
export const LIST_POD_SANDBOX = runtime(
  'ListPodSandbox',
  new w.Message('ListPodSandboxRequest', { filter: w.nested(1, PodSandboxFilter) }),
  new w.Message('ListPodSandboxResponse', { items: w.list(w.nested(1, PodSandbox)) }),
);
export const CREATE_CONTAINER = runtime(
  'CreateContainer',
  new w.Message('CreateContainerRequest', {
    podSandboxId: w.string(1),
    config: w.nested(2, ContainerConfig),
    sandboxConfig: w.nested(3, PodSandboxConfig),
  }),
  ContainerId,
);
export const START_CONTAINER = runtime('StartContainer', ContainerId, Nothing);
export const STOP_CONTAINER = runtime(
  'StopContainer',
  new w.Message('StopContainerRequest', { containerId: w.string(1), timeout: w.int64(2) }),
  Nothing,
);
export const UPDATE_CONTAINER_RESOURCES = runtime(
  'UpdateContainerResources',
  new w.Message('UpdateContainerResourcesRequest', {
    containerId: w.string(1),
    linux: w.nested(2, LinuxContainerResources),
  }),
  Nothing,
);
export const REMOVE_CONTAINER = runtime('RemoveContainer', ContainerId, Nothing);
export const LIST_CONTAINERS = runtime(
  'ListContainers',
  new w.Message('ListContainersRequest', { filter: w.nested(1, ContainerFilter) }),
  new w.Message('ListContainersResponse', { containers: w.list(w.nested(1, Container)) }),
);
export const CONTAINER_STATUS = runtime(
  'ContainerStatus',
  ContainerId,
  new w.Message('ContainerStatusResponse', { status: w.nested(1, ContainerStatus) }),
);
export const REOPEN_CONTAINER_LOG = runtime('ReopenContainerLog', ContainerId, Nothing);
export const EXEC_SYNC = runtime(
  'ExecSync',
  new w.Message('ExecSyncRequest', { containerId: w.string(1), cmd: w.list(w.string(2)), timeout: w.int64(3) }),
  new w.Message('ExecSyncResponse', { stdout: w.bytes(1), stderr: w.bytes(2), exitCode: w.int32(3) }),
);
export const ATTACH = runtime(
  'Attach',
  new w.Message('AttachRequest', {
    containerId: w.string(1),
    stdin: w.bool(2),
    tty: w.bool(3),
    stdout: w.bool(4),
    stderr: w.bool(5),
  }),
  StreamUrl,
);

export const LIST_IMAGES = images(
  'ListImages',
  Nothing,
  new w.Message('ListImagesResponse', { images: w.list(w.nested(1, Image)) }),
);
export const IMAGE_STATUS = images(
  'ImageStatus',
  new w.Message('ImageStatusRequest', { image: w.nested(1, ImageSpec), verbose: w.bool(2) }),
  new w.Message('ImageStatusResponse', { image: w.nested(1, Image), info: w.stringMap(2) }),
);
export const PULL_IMAGE = images(
  'PullImage',
  new w.Message('PullImageRequest', {
    image: w.nested(1, ImageSpec),
    auth: w.nested(2, new w.Message('AuthConfig', { username: w.string(1), password: w.string(2) })),
  }),
  Nothing,
);
export const REMOVE_IMAGE = images('RemoveImage', OneImage, Nothing);
export const IMAGE_FS_INFO = images(
  'ImageFsInfo',
  Nothing,
  new w.Message('ImageFsInfoResponse', {
    imageFilesystems: w.list(
      w.nested(
        1,
        new w.Message('FilesystemUsage', {
          fsId: w.nested(2, new w.Message('FilesystemIdentifier', { mountpoint: w.string(1) })),
        }),
      ),
    ),
  }),
);
