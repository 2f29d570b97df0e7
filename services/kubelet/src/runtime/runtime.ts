import type { Readable } from 'node:stream';
import type { ResourceRequirements } from '@shiplog/contracts';
import type { ListedImage } from '../images/domain/node-images';
/** Which pod a container belongs to. */
export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** `sandbox` is the pause container that owns the pod's namespaces; `init`, `app` and `ephemeral` are the containers that the pod asks for. */
export type ContainerRole = 'sandbox' | 'init' | 'app' | 'ephemeral';

/** What a container is, kept in its labels, so that whoever finds it knows whose it is. */
export interface ContainerIdentity {
  readonly pod: PodIdentity;
  /** The container's name in the pod; `POD` for the sandbox. */
  readonly name: string;
  readonly role: ContainerRole;
  /** Restarts before this one: the container status' restartCount. */
  readonly attempt: number;
  /** How long its successor has to wait, counted from its end, in seconds: the back-off's memory. */
  readonly backoffSeconds: number;
  /** The image as the pod names it: another one means that the container must be replaced. */
  readonly image: string;
}

export type ContainerState =
  | { readonly phase: 'created' }
  | { readonly phase: 'running'; readonly startedAt: string; readonly pid?: number }
  | {
      readonly phase: 'exited';
      readonly startedAt: string;
      readonly finishedAt: string;
      readonly exitCode: number;
      readonly oomKilled: boolean;
      /** Why the engine could not start it; '' otherwise. */
      readonly error: string;
    };

/** A container of ours as the engine has it. */
export interface ObservedContainer extends ContainerIdentity {
  readonly id: string;
  /** The image's id, `sha256:…`. */
  readonly imageId: string;
  readonly state: ContainerState;
  /** What it was given; unknown of one that an earlier kubelet has started. No engine keeps it. */
  readonly resources?: ResourceRequirements;
}

/** A directory, file or engine volume seen inside a container. */
export type MountSpec =
  | {
      readonly kind: 'bind';
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly propagation?: 'private' | 'rslave' | 'rshared';
    }
  | { readonly kind: 'volume'; readonly source: string; readonly target: string; readonly readOnly: boolean };

/** A volume in memory of the engine's, for the containers of one pod: where what the kubelet mounts is not seen. */
export interface MemoryVolumeSpec {
  readonly podUid: string;
  readonly sizeBytes: number;
  /** The group that owns it and all that is made in it. */
  readonly gid: number | undefined;
}

/** Where a pod's network namespace comes from. */
export type SandboxNetwork =
  /** A private namespace that somebody else attaches to a network. */
  | { readonly kind: 'detached' }
  /** The node's own. */
  | { readonly kind: 'host' }
  /** One of the engine's networks, with ports published by the engine. */
  | { readonly kind: 'engine'; readonly network: string; readonly ports: readonly PublishedPort[] };

export interface PublishedPort {
  readonly hostIP: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

export interface SandboxSpec {
  readonly identity: ContainerIdentity;
  readonly hostname: string;
  readonly network: SandboxNetwork;
  readonly cgroupParent?: string;
  /** The OCI runtime; absent: the engine's own. */
  readonly runtime?: string;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** Whether it is to have a container with privileges. */
  readonly privileged: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Volumes that must outlive restarts of the app containers are held here too. */
  readonly mounts: readonly MountSpec[];
  readonly oomScoreAdj: number;
}

/** What a container may take. */
export interface ContainerAmounts {
  readonly cpuShares: number;
  /** Microseconds in each 100 ms; 0 for no limit. */
  readonly cpuQuota: number;
  /** 0 for no limit. */
  readonly memoryBytes: number;
}

/** An app or init container, ready to be made: nothing in it is left to be looked up. */
export interface ContainerSpec extends ContainerAmounts {
  readonly identity: ContainerIdentity;
  readonly sandboxId: string;
  readonly imageId: string;
  /** Absent: the image's own. */
  readonly entrypoint?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly string[];
  readonly workingDir?: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly user?: string;
  readonly groups: readonly string[];
  readonly privileged: boolean;
  readonly readOnlyRootfs: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly noNewPrivileges: boolean;
  /** With `profile`: the filter itself, as JSON; none at all for `unconfined`. */
  readonly seccomp: 'default' | 'unconfined' | { readonly profile: string };
  /** The AppArmor profile; absent: the engine's own. */
  readonly appArmor?: string;
  readonly mounts: readonly MountSpec[];
  /** Processes at most; 0 for no limit. */
  readonly pidsLimit: number;
  readonly oomScoreAdj: number;
  readonly cgroupParent?: string;
  /** The OCI runtime; absent: the engine's own. */
  readonly runtime?: string;
  /** Whose processes the container sees: with `of`, those of another container, by its id. */
  readonly pidNamespace: 'own' | 'pod' | 'host' | { readonly of: string };
  readonly hostIPC: boolean;
  readonly hostNetwork: boolean;
  readonly stopSignal?: string;
}

export interface SandboxDetails {
  readonly pid: number;
  /** '' unless the engine gave it one. */
  readonly ip: string;
  readonly startedAt: string;
}

export interface ImageFacts {
  readonly id: string;
  /** For example `docker.io/library/redis@sha256:…`; none for an image that was built here. */
  readonly digests: readonly string[];
  /** The image's own user, '' for root. */
  readonly user: string;
  readonly sizeBytes: number;
}

/** Where an image's files lie on this machine's disk: its layers, the uppermost first, by paths from `base`. */
export interface ImageLayers {
  readonly base: string;
  readonly folders: readonly string[];
}

/** Which runtime it is, as it stands before the ids of its containers in statuses: `containerd://…`. */
export type RuntimeName = 'docker' | 'containerd' | 'hollow';

export interface EngineFacts {
  readonly name: RuntimeName;
  readonly version: string;
  /** Of the machine that it is on; '' for this one. */
  readonly osImage: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cgroupDriver: string;
  /** Where it keeps images, on its own machine. */
  readonly imageFolder: string;
  /** The OCI runtimes that it may be asked for, by name. */
  readonly runtimes: readonly string[];
  readonly liveRestore: boolean;
}

export interface ExecResult {
  readonly exitCode: number;
  /** stdout and stderr as they came, at most 10 KiB. */
  readonly output: string;
  readonly timedOut: boolean;
}

/** Which streams of a process are wanted. With a terminal, all that it writes comes as stdout. */
export interface SessionStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A process whose input and outputs are at hand. */
export interface ContainerSession {
  /** What it writes, until both outputs end. */
  readonly output: AsyncIterable<{ readonly name: 'stdout' | 'stderr'; readonly data: Uint8Array }>;
  /** Resolves when more may be written. What comes after the process has ended is dropped. */
  write(data: Uint8Array): Promise<void>;
  /** Its standard input ends. */
  endInput(): void;
  /** Of its terminal, in characters. */
  resize(columns: number, rows: number): Promise<void>;
  /** Lets go of it; a command that was run for the session, and what it began, is killed. Safe to call again. */
  close(): Promise<void>;
}

/** A session with a command of its own. */
export interface ExecSession extends ContainerSession {
  /** By which the engine knows it, for `killExec`. */
  readonly id: string;
  /** Resolves with its exit code, once its outputs have ended. */
  exitCode(): Promise<number>;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  /** Seconds since 1970, with a fraction. */
  readonly since?: number;
  readonly signal?: AbortSignal;
}

/** Credentials for one registry. */
/** How much of an image has come, of what is known to be needed by now. */
export interface PullProgress {
  readonly currentBytes: number;
  readonly totalBytes: number;
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

export type RuntimeEvent =
  /** Events flow (again): whatever was known before must be listed anew. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly reason: string }
  /** Something happened to a container of ours. */
  | {
      readonly type: 'container';
      readonly id: string;
      readonly podUid: string;
      /** `oom`: the kernel has killed something of it for memory; an engine may tell that after it has ended. */
      readonly change: 'ended' | 'removed' | 'started' | 'oom';
    }
  /** Names or images changed: what was looked up before may be another image now. */
  | { readonly type: 'images' };

/** What an engine refuses on this machine (see `probeLimits`), and so is clamped. */
export interface EngineLimits {
  /** An OOM score below zero: needs CAP_SYS_RESOURCE. */
  readonly negativeOomScore: boolean;
  readonly privileged: boolean;
  /** Capabilities (without `CAP_`) that no container can have here. */
  readonly missingCapabilities: readonly string[];
}

/** What a runtime's containers are. The suite that all runtimes pass asks for what is declared, and that all else is refused. */
export interface RuntimeCapabilities {
  /** They are processes: commands run in them, servers in them answer. If not, `probe` says how they fare. */
  readonly processes: boolean;
  /** They see files of a machine: volumes are of use to them. */
  readonly files: boolean;
  /** Images may come from archives. */
  readonly archives: boolean;
}

/** As events call them. */
export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

/** How a container that is no process answers a probe. */
export interface SimulatedAnswer {
  readonly ok: boolean;
  readonly output: string;
}

/** Why the engine did not do what it was asked. `unavailable`: it can't be reached, so trying later may help. */
export type RuntimeProblem = 'unavailable' | 'not-found' | 'conflict' | 'refused';

export class RuntimeError extends Error {
  constructor(
    readonly problem: RuntimeProblem,
    message: string,
  ) {
    super(message);
    this.name = 'RuntimeError';
  }
}

/**
 * The port to a container engine. Every method may throw RuntimeError; all of them may be repeated: stopping what
 * has stopped and removing what is gone succeed.
 */
export interface PodRuntime {
  readonly name: RuntimeName;
  readonly capabilities: RuntimeCapabilities;
  engine(): Promise<EngineFacts>;
  /** Does beforehand what the first pod would otherwise have to wait for. */
  prepare(): Promise<void>;
  /** What this engine accepts; tried once with real containers, so the first call takes some 100 ms. */
  limits(): Promise<EngineLimits>;
  /** Our containers, of every pod. */
  list(): Promise<ObservedContainer[]>;
  /** One of our containers, with its exit code and times; undefined when it is gone. */
  inspect(id: string): Promise<ObservedContainer | undefined>;
  /** Calls back until `close`: reconnects by itself for as long as it takes. */
  watch(listener: (event: RuntimeEvent) => void): { close(): void };
  createSandbox(spec: SandboxSpec): Promise<string>;
  /** The sandbox runs once this resolves. */
  startSandbox(id: string): Promise<SandboxDetails>;
  createContainer(spec: ContainerSpec): Promise<string>;
  start(id: string): Promise<void>;
  /** Gives a container that runs other amounts; no limit (0) leaves the one that there is. */
  resize(id: string, amounts: ContainerAmounts): Promise<void>;
  /** Asks it to end, and kills it after the grace; resolves when it has ended. */
  stop(id: string, graceSeconds: number): Promise<void>;
  kill(id: string): Promise<void>;
  /** Kills it if it runs. */
  remove(id: string): Promise<void>;
  exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>;
  /** Begins a command; it goes on until it ends or the session is closed. `onCreated` hears of its id before it runs. */
  openExec(
    id: string,
    command: readonly string[],
    streams: SessionStreams,
    onCreated?: (execId: string) => Promise<void>,
  ): Promise<ExecSession>;
  /** Kills a command that another process left, and what it began; nothing happens when it has ended. */
  killExec(execId: string): Promise<void>;
  /** The container's own first process; whether it has a terminal, the container decides. */
  attach(id: string, streams: Omit<SessionStreams, 'tty'>): Promise<ContainerSession>;
  /** How a container is, of a runtime whose containers are no processes; others are asked by running or calling something in them. */
  probe?(id: string, kind: ProbeKind): Promise<SimulatedAnswer>;
  /** Bytes of both outputs, as written, demultiplexed. */
  logs(id: string, options: LogOptions): AsyncIterable<Uint8Array>;
  image(reference: string): Promise<ImageFacts | undefined>;
  /** Undefined where this machine's disk has no such layers, and for an image that is not there. */
  imageLayers(id: string): Promise<ImageLayers | undefined>;
  /** Takes the images of an archive, as `docker load` does. Throws RuntimeError with the engine's reason. */
  load(archive: Readable): Promise<void>;
  /** All that the engine keeps, but for what sandboxes are made of. */
  listImages(): Promise<readonly ListedImage[]>;
  /** With all its names. Throws RuntimeError for one that a container uses. */
  removeImage(id: string): Promise<void>;
  /** Throws RuntimeError with the registry's reason. */
  pull(
    reference: string,
    auth: RegistryAuth | undefined,
    signal: AbortSignal,
    onProgress?: (progress: PullProgress) => void,
  ): Promise<void>;
  /** Whether the engine finds a path of this machine, as this process sees it, and so can give it to containers. */
  findsPath(path: string): Promise<boolean>;
  /** Where on this machine lies what a container has written: its own layer and its log. Empty where that can't be told. */
  filesOf(id: string): Promise<readonly string[]>;
  createMemoryVolume(name: string, spec: MemoryVolumeSpec): Promise<void>;
  /** Where on this machine it is, as long as a container that runs holds it. */
  memoryVolumePath(name: string): Promise<string>;
  removeVolumes(podUid: string): Promise<void>;
}

/** Of a runtime that has processes and files. */
export const REAL_CONTAINERS: RuntimeCapabilities = { processes: true, files: true, archives: true };

/** The sandbox's name in labels and engine names, as dockershim had it. */
export const SANDBOX_NAME = 'POD';
