import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writeContainerdFiles } from '@shiplog/containerd';
import { runProgram } from '@shiplog/hostnet';
import { eventually } from '@shiplog/testing';
import { EngineCgroups } from '../node/cgroups';
import { ContainerdRuntime } from '../runtime/containerd/containerd-runtime';
import { busyboxImage } from './busybox-image';

/** A containerd of a test's own, which touches neither the host's network nor its default directories. */
export class TestContainerd {
  #process: ChildProcess | undefined;

  private constructor(readonly directory: string) {}

  static async start(): Promise<TestContainerd> {
    const engine = new TestContainerd(await mkdtemp(join(tmpdir(), 'shiplog-cri-')));
    await engine.resume();
    await engine.runtime().load(Readable.from([(await busyboxImage()).archive]));
    return engine;
  }

  get endpoint(): string {
    return `unix://${this.#at('containerd.sock')}`;
  }

  get cgroupParent(): string {
    return `/${this.directory.split('/').at(-1)}`;
  }

  /** Where the kubelet's own files are for it. */
  get folder(): string {
    return this.#at('kubelet');
  }

  get podLogs(): string {
    return this.#at('pod-logs');
  }

  /** The settings of a kubelet that is to use it. */
  get kubeletEnv(): Record<string, string> {
    return {
      CONTAINER_RUNTIME: 'containerd',
      CONTAINER_RUNTIME_ENDPOINT: this.endpoint,
      POD_LOGS_DIR: this.podLogs,
      CGROUP_PARENT: this.cgroupParent,
    };
  }

  runtime(node = 'node-a'): ContainerdRuntime {
    const { endpoint, podLogs, folder } = this;
    return new ContainerdRuntime({ endpoint, node, podLogs, folder, onProblem: () => undefined });
  }

  /** What containerd's own command line answers. Throws with what it says when it fails. */
  async ctr(...args: string[]): Promise<string> {
    return (await runProgram('ctr', ['-a', this.#at('containerd.sock'), '-n', 'k8s.io', ...args])).trim();
  }

  /** The ids of a pod's sandboxes. */
  async sandboxes(podUid: string): Promise<string[]> {
    const all = await this.runtime().list();
    return all.filter(({ role, pod }) => role === 'sandbox' && pod.uid === podUid).map(({ id }) => id);
  }

  /** Starts the daemon (again); resolves when it answers. */
  async resume(): Promise<void> {
    const places = { root: this.#at('root'), state: this.#at('state'), socket: this.#at('containerd.sock') };
    const config = writeContainerdFiles({ ...places, folder: this.#at('config') });
    const log = openSync(this.#at('containerd.log'), 'a');
    const daemon = spawn('containerd', ['--config', config], { stdio: ['ignore', log, log], detached: true });
    this.#process = daemon;
    const runtime = this.runtime();
    await eventually(
      async () => {
        if (daemon.exitCode !== null)
          throw new Error(`containerd ended: ${(await readFile(this.#at('containerd.log'), 'utf8')).slice(-2_000)}`);
        return (await runtime.engine()).version;
      },
      { timeoutMs: 30_000 },
    );
  }

  /** Ends the daemon; containers live on. */
  async pause(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const daemon = this.#process;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
  }

  /** Removes every container, the daemon and all its files. */
  async stop(): Promise<void> {
    try {
      await this.#removeContainers();
    } finally {
      await this.pause('SIGTERM');
      await this.#unmount();
      await new EngineCgroups('/').removeAt(this.cgroupParent);
      await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async #removeContainers(): Promise<void> {
    const runtime = this.runtime();
    const all = await runtime.list();
    for (const { id } of all.filter(({ role }) => role !== 'sandbox')) await runtime.remove(id);
    for (const { id } of all.filter(({ role }) => role === 'sandbox')) await runtime.remove(id);
  }

  async #unmount(): Promise<void> {
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
    const ours = mounts.filter((path) => path.startsWith(`${this.directory}/`)).reverse();
    for (const path of ours) await runProgram('umount', ['--lazy', path]);
  }

  #at(name: string): string {
    return join(this.directory, name);
  }
}
