import { method } from '../grpc/client';
import * as w from '../grpc/message';

/**
 * Of containerd's own API (github.com/containerd/containerd/api), what the Container Runtime Interface has no words for: events,
 * processes by their numbers, and commands that are known by an id before they run. Numbers are containerd's own.
 */

/** In which the Container Runtime Interface keeps all that is its. */
export const NAMESPACE = { 'containerd-namespace': 'k8s.io' } as const;

const Any = new w.Message('Any', { typeUrl: w.string(1), value: w.bytes(2) });
const Empty = new w.Message('Empty', {});

const envelope = { namespace: w.string(2), topic: w.string(3), event: w.nested(4, Any) };
export type Envelope = w.Read<typeof envelope>;

const events = '/containerd.services.events.v1.Events';
export const SUBSCRIBE = method(
  `${events}/Subscribe`,
  new w.Message('SubscribeRequest', { filters: w.list(w.string(1)) }),
  new w.Message('Envelope', envelope),
);
export const PUBLISH = method(
  `${events}/Publish`,
  new w.Message('PublishRequest', { topic: w.string(1), event: w.nested(2, Any) }),
  Empty,
);

/** Of the events of tasks and containers: whose they are, and for an end, of which of its processes. */
export const TaskEvent = new w.Message('TaskEvent', { containerId: w.string(1) });
export const TaskExit = new w.Message('TaskExit', { containerId: w.string(1), id: w.string(2) });

const tasks = '/containerd.services.tasks.v1.Tasks';
const ProcessId = new w.Message('ProcessId', { containerId: w.string(1), execId: w.string(2) });
const Process = new w.Message('Process', { id: w.string(2), pid: w.uint32(3), status: w.enumeration(4) });

export const RUNNING = 2;

export const GET_PROCESS = method(
  `${tasks}/Get`,
  ProcessId,
  new w.Message('GetResponse', { process: w.nested(1, Process) }),
);
export const LIST_TASKS = method(
  `${tasks}/List`,
  Empty,
  new w.Message('ListTasksResponse', { tasks: w.list(w.nested(1, Process)) }),
);
export const EXEC = method(
  `${tasks}/Exec`,
  new w.Message('ExecProcessRequest', {
    containerId: w.string(1),
    stdin: w.string(2),
    stdout: w.string(3),
    stderr: w.string(4),
    terminal: w.bool(5),
    spec: w.nested(6, Any),
    execId: w.string(7),
  }),
  Empty,
);
export const START = method(`${tasks}/Start`, ProcessId, new w.Message('StartResponse', { pid: w.uint32(1) }));
export const WAIT = method(`${tasks}/Wait`, ProcessId, new w.Message('WaitResponse', { exitStatus: w.uint32(1) }));
export const DELETE_PROCESS = method(`${tasks}/DeleteProcess`, ProcessId, Empty);
export const KILL = method(
  `${tasks}/Kill`,
  new w.Message('KillRequest', { containerId: w.string(1), execId: w.string(2), signal: w.uint32(3) }),
  Empty,
);
export const RESIZE_PTY = method(
  `${tasks}/ResizePty`,
  new w.Message('ResizePtyRequest', {
    containerId: w.string(1),
    execId: w.string(2),
    width: w.uint32(3),
    height: w.uint32(4),
  }),
  Empty,
);
export const CLOSE_IO = method(
  `${tasks}/CloseIO`,
  new w.Message('CloseIORequest', { containerId: w.string(1), execId: w.string(2), stdin: w.bool(3) }),
  Empty,
);

/** How containerd names the type of an OCI process in JSON. */
export const OCI_PROCESS = 'types.containerd.io/opencontainers/runtime-spec/1/Process';

const Container = new w.Message('NativeContainer', { id: w.string(1), spec: w.nested(5, Any) });
export const GET_CONTAINER = method(
  '/containerd.services.containers.v1.Containers/Get',
  new w.Message('GetContainerRequest', { id: w.string(1) }),
  new w.Message('GetContainerResponse', { container: w.nested(1, Container) }),
);

const snapshots = '/containerd.services.snapshots.v1.Snapshots';
const Mount = new w.Message('SnapshotMount', { type: w.string(1), source: w.string(2), options: w.list(w.string(4)) });
const Mounts = new w.Message('SnapshotMounts', { mounts: w.list(w.nested(1, Mount)) });
const SnapshotKey = new w.Message('SnapshotKey', { snapshotter: w.string(1), key: w.string(2) });
export const SNAPSHOT_MOUNTS = method(`${snapshots}/Mounts`, SnapshotKey, Mounts);
export const VIEW_SNAPSHOT = method(
  `${snapshots}/View`,
  new w.Message('ViewSnapshotRequest', { snapshotter: w.string(1), key: w.string(2), parent: w.string(3) }),
  Mounts,
);
export const REMOVE_SNAPSHOT = method(`${snapshots}/Remove`, SnapshotKey, Empty);
