import type { ContainerSpec, ContainerState, ExecResult, LogOptions, PodRuntime, SandboxSpec } from '../../runtime';

const POD = { uid: 'uid-pod', namespace: 'default', name: 'pod' };

const PLAIN: Omit<ContainerSpec, 'identity' | 'sandboxId' | 'imageId'> = {
  env: [],
  tty: false,
  stdin: false,
  stdinOnce: false,
  groups: [],
  privileged: false,
  readOnlyRootfs: false,
  capAdd: [],
  capDrop: [],
  noNewPrivileges: false,
  seccomp: 'default',
  mounts: [],
  cpuShares: 2,
  cpuQuota: 0,
  memoryBytes: 0,
  pidsLimit: 0,
  oomScoreAdj: 0,
  pidNamespace: 'own',
  hostIPC: false,
  hostNetwork: false,
};

const SANDBOX: SandboxSpec = {
  identity: { pod: POD, name: 'POD', role: 'sandbox', attempt: 0, backoffSeconds: 0, image: '' },
  hostname: 'pod',
  network: { kind: 'detached' },
  hostPID: false,
  hostIPC: false,
  privileged: false,
  sysctls: {},
  mounts: [],
  oomScoreAdj: 0,
};

/** A pod that runs busybox. */
export class TestPod {
  private constructor(
    private readonly runtime: PodRuntime,
    private readonly imageId: string,
    readonly sandbox: string,
  ) {}

  static async start(runtime: PodRuntime, imageId: string): Promise<TestPod> {
    const sandbox = await runtime.createSandbox(SANDBOX);
    await runtime.startSandbox(sandbox);
    return new TestPod(runtime, imageId, sandbox);
  }

  async create(fields: Partial<ContainerSpec>, name = 'main'): Promise<string> {
    const identity = { pod: POD, name, role: 'app', attempt: 0, backoffSeconds: 0, image: 'busybox:1' } as const;
    return this.runtime.createContainer({
      ...PLAIN,
      identity,
      sandboxId: this.sandbox,
      imageId: this.imageId,
      ...fields,
    });
  }

  /** Starts a container that runs a script. */
  async run(script: string, fields: Partial<ContainerSpec> = {}): Promise<string> {
    const id = await this.create({ entrypoint: shell(script), ...fields });
    await this.runtime.start(id);
    return id;
  }

  exec(id: string, script: string): Promise<ExecResult> {
    return this.runtime.exec(id, shell(script), 5_000);
  }

  /** How a container ended. Throws while it has not. */
  async exited(id: string): Promise<Extract<ContainerState, { phase: 'exited' }>> {
    const state = (await this.runtime.inspect(id))?.state;
    if (state?.phase !== 'exited') throw new Error(`not yet: ${JSON.stringify(state)}`);
    return state;
  }

  async log(id: string, options: Partial<LogOptions> = {}): Promise<string> {
    const parts: Uint8Array[] = [];
    const log = this.runtime.logs(id, { follow: false, timestamps: false, ...options });
    for await (const part of log) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  async stop(): Promise<void> {
    const containers = (await this.runtime.list()).filter(({ role }) => role !== 'sandbox');
    for (const { id } of containers) await this.runtime.remove(id);
    await this.runtime.remove(this.sandbox);
  }
}

/** A command line that runs a script with busybox. */
export function shell(script: string): string[] {
  return ['/busybox', 'sh', '-c', script];
}

export async function textOf(output: AsyncIterable<{ readonly data: Uint8Array }>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { data } of output) parts.push(data);
  return Buffer.concat(parts).toString();
}
