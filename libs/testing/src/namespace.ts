import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import {
  carryNetlink,
  FollowedProgram,
  PersistentShell,
  runForBytes,
  runProgram,
  type HostNetwork,
} from '@shiplog/hostnet';

/** A network namespace of a test's own, gone with `remove`. */
export class Namespace {
  readonly #children: ChildProcess[] = [];

  readonly #shell: PersistentShell;

  private constructor(readonly name: string) {
    this.#shell = new PersistentShell(['nsenter', `--net=/run/netns/${name}`, 'sh']);
  }

  static async make(name: string): Promise<Namespace> {
    await runProgram('ip', ['netns', 'add', name]);
    const namespace = new Namespace(name);
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** `ip` commands, one a line. */
  async ip(...lines: string[]): Promise<void> {
    await this.run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
  }

  run(program: string, args: readonly string[], input = ''): Promise<string> {
    return runProgram('nsenter', [`--net=/run/netns/${this.name}`, program, ...args], input);
  }

  get network(): HostNetwork {
    const enter = [`--net=/run/netns/${this.name}`];
    return {
      run: (program, args, input) => this.run(program, args, input),
      script: (script) => this.#shell.run(script),
      follow: (program, args, hear) => new FollowedProgram('nsenter', [...enter, program, ...args], hear),
      setting: async (path, value) => void (await this.run('sh', ['-c', `echo ${value} > ${path}`])),
      netlink: (messages) =>
        carryNetlink(messages, (program, args, input) => runForBytes('nsenter', [...enter, program, ...args], input)),
    };
  }

  /** A Node program inside; resolves when it has written its first line. */
  async node(code: string, ...args: string[]): Promise<ChildProcess> {
    const child = spawn('nsenter', [`--net=/run/netns/${this.name}`, process.execPath, '-e', code, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    if (child.stdout === null) throw new Error('no output to read');
    await once(createInterface(child.stdout), 'line');
    return child;
  }

  async remove(): Promise<void> {
    this.#shell.close();
    for (const child of this.#children) child.kill('SIGKILL');
    await runProgram('ip', ['netns', 'delete', this.name]);
  }
}
