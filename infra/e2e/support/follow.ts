import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@shiplog/testing';
import type { TestCluster } from './cluster';

/** `kubectl logs -f` of a pod that counts: what it has printed so far, and whether it goes on. */
export class Follower {
  text = '';
  readonly #child: ChildProcess;

  constructor(cluster: TestCluster, namespace: string, pod: string) {
    this.#child = cluster.spawnKubectl('-n', namespace, 'logs', '-f', '--tail=1', pod);
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The number in the last line; -1 before the first one. */
  get count(): number {
    return Number(/.*\bline (\d+)\n/s.exec(this.text)?.[1] ?? -1);
  }

  /** Waits until so many more lines have come. */
  async more(lines: number): Promise<void> {
    const wanted = this.count + lines;
    await eventually(() => {
      if (!this.isRunning) throw new Error(`kubectl logs -f has ended: ${this.text}`);
      return this.count >= wanted;
    });
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}
