import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runProgram } from '@shiplog/hostnet';
import { eventually } from '@shiplog/testing';
import { EngineCgroups } from '../node/cgroups';
import { DockerRuntime } from '../runtime/docker/docker-runtime';
import { BUSYBOX, busyboxImage } from './busybox-image';

export { BUSYBOX };

/** A container engine of a test's own: a dockerd that touches neither the host's network nor its default directories. */
export class TestEngine {
  #process: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    /** A network namespace to run in; then with the engine's own bridge, since nothing of the host's is touched. */
    private readonly namespace: string | undefined,
  ) {}

  static async start({ namespace }: { namespace?: string } = {}): Promise<TestEngine> {
    const engine = new TestEngine(await mkdtemp(join(tmpdir(), 'shiplog-engine-')), namespace);
    await writeFile(join(engine.directory, 'daemon.json'), '{}');
    await engine.resume();
    await engine.runtime().load(Readable.from([(await busyboxImage()).archive]));
    return engine;
  }

  get host(): string {
    return `unix://${this.directory}/docker.sock`;
  }

  get cgroupParent(): string {
    return `/${this.directory.split('/').at(-1)}`;
  }

  runtime(node = 'node-a'): DockerRuntime {
    return new DockerRuntime({ host: this.host, node, cgroupParent: this.cgroupParent });
  }

  /** What Docker's own command line answers. Throws with what it says when it fails. */
  async docker(...args: string[]): Promise<string> {
    return (await runProgram('docker', ['-H', this.host, ...args])).trim();
  }

  /** Starts the daemon (again); resolves when it answers. */
  async resume(): Promise<void> {
    const at = (name: string): string => join(this.directory, name);
    // A killed daemon leaves these, and they would keep its successor from starting until somebody reaps the dead.
    await rm(at('docker.pid'), { force: true });
    await this.#forgetDeadContainerd();
    const args = [
      ...['--config-file', at('daemon.json'), '--data-root', at('data'), '--exec-root', at('exec')],
      ...['--pidfile', at('docker.pid'), '-H', this.host, '--cgroup-parent', this.cgroupParent, '--live-restore'],
      ...(this.namespace === undefined ? ['--bridge', 'none'] : []),
      ...['--iptables=false', '--ip-forward=false', '--ip-masq=false'],
    ];
    const inside = this.namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${this.namespace}`];
    const [program = 'dockerd', ...rest] = [...inside, 'dockerd', ...args];
    const log = openSync(at('dockerd.log'), 'a');
    const daemon = spawn(program, rest, { stdio: ['ignore', log, log], detached: true });
    this.#process = daemon;
    await eventually(
      async () => {
        if (daemon.exitCode !== null)
          throw new Error(`dockerd ended: ${(await readFile(at('dockerd.log'), 'utf8')).slice(-2_000)}`);
        return (await this.runtime().engine()).version;
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
    const runtime = this.runtime();
    await Promise.all((await runtime.list()).map((item) => runtime.remove(item.id)));
    await this.pause('SIGTERM');
    await this.#unmount();
    await new EngineCgroups('/').removeAt(this.cgroupParent);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The data directory is a mount of its own, and each daemon that is killed leaves one more. */
  async #unmount(): Promise<void> {
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
    const ours = mounts.filter((path) => path.startsWith(`${this.directory}/`)).reverse();
    for (const path of ours) await runProgram('umount', ['--lazy', path]);
  }

  get #containerdPidFile(): string {
    return join(this.directory, 'exec', 'containerd', 'containerd.pid');
  }

  async #forgetDeadContainerd(): Promise<void> {
    const pid = await readFile(this.#containerdPidFile, 'utf8').catch(() => '');
    if (pid === '') return;
    await eventually(() => isDead(pid.trim()), { timeoutMs: 10_000 });
    await rm(this.#containerdPidFile, { force: true });
  }
}

/** Whether a process is gone, or only waits to be reaped. */
async function isDead(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat === '' || stat.split(') ')[1]?.startsWith('Z') === true;
}
