import type { ContainerSpec, ContainerState, ExecResult, LogOptions, PodRuntime } from '../../runtime';
import { containerSpec, sandboxSpec } from './specs';

/** A pod that runs busybox. */
export class TestPod {
  private constructor(
    private readonly runtime: PodRuntime,
    private readonly imageId: string,
    private readonly cgroupParent: string,
    readonly sandbox: string,
  ) {}

  static async start(runtime: PodRuntime, imageId: string, cgroupParent: string): Promise<TestPod> {
    const sandbox = await runtime.createSandbox(sandboxSpec({ cgroupParent }));
    await runtime.startSandbox(sandbox);
    return new TestPod(runtime, imageId, cgroupParent, sandbox);
  }

  create(fields: Partial<ContainerSpec>, name = 'main'): Promise<string> {
    const { sandbox: sandboxId, imageId, cgroupParent } = this;
    return this.runtime.createContainer(containerSpec({ sandboxId, imageId, cgroupParent, ...fields }, name));
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
