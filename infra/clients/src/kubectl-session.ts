import type { Rig } from '../../../services/api/src/testing/rig';
import type { Kubectl } from './kubectls';

type Options = NonNullable<Parameters<Rig['kubectl']>[1]>;

/** A command, what it prints in the end, and what it is given on standard input. */
export type Step = readonly [args: string, printed: RegExp | string, input?: object];

/** One kubectl at work in one namespace. */
export class KubectlSession {
  constructor(
    private readonly rig: () => Rig,
    private readonly client: Kubectl,
    readonly namespace: string,
  ) {}

  /** For what is asked of no namespace. */
  get with(): Options {
    return { binary: this.client.binary };
  }

  /** A name that no other session uses, for what is in no namespace. */
  named(name: string): string {
    return `${name}-${this.namespace}`;
  }

  /** What it prints; throws with what it says when it fails. */
  run(args: string, options: Options = {}): Promise<string> {
    const { binary } = this.client;
    // What stands behind `--` is of the container.
    const [own = '', ...rest] = args.split(' -- ');
    const all = [`${own} --namespace=${this.namespace}`, ...rest].join(' -- ');
    return this.rig().kubectl(all, { binary, ...options });
  }

  /** Runs one command after the other, each of which prints what it should. */
  async steps(steps: readonly Step[]): Promise<void> {
    for (const [args, printed, input] of steps) {
      const text = await this.run(args, input === undefined ? {} : { input: JSON.stringify(input) });
      if (typeof printed === 'string') expect([args, text.trim()]).toEqual([args, printed]);
      else expect([args, text]).toEqual([args, expect.stringMatching(printed)]);
    }
  }

  /** It fails, and says so. */
  async refuses(args: string, said: RegExp, input?: object): Promise<void> {
    const attempt = this.run(args, input === undefined ? {} : { input: JSON.stringify(input) });
    await expect(attempt).rejects.toThrow(said);
  }
}
